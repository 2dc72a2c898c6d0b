# conformd_room(NAME [USES room...] [LINKS library...])
# A room is daemon/HALL/NAME: a static library of the sources in it. USES is the list of rooms whose
# headers it may include, LINKS the libraries it may call: its link list is its permission.
function(conformd_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c
       ${CMAKE_CURRENT_SOURCE_DIR}/functions/*.c)
  add_library(room_${name} STATIC ${sources})
  target_include_directories(room_${name} PUBLIC ${CMAKE_SOURCE_DIR}/daemon)
  list(TRANSFORM ROOM_USES PREPEND room_)
  target_link_libraries(room_${name} PUBLIC ${ROOM_USES} PRIVATE ${ROOM_LINKS})
endfunction()

# conformd_program(NAME SOURCE DESTINATION [USES room...] [LINKS library...])
function(conformd_program name source destination)
  cmake_parse_arguments(PROGRAM "" "" "USES;LINKS" ${ARGN})
  add_executable(${name} ${source})
  list(TRANSFORM PROGRAM_USES PREPEND room_)
  target_link_libraries(${name} PRIVATE ${PROGRAM_USES} ${PROGRAM_LINKS})
  install(TARGETS ${name} RUNTIME DESTINATION ${destination})
endfunction()
