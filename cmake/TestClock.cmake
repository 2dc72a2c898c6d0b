# A clock that a test moves for the whole daemon: see tests/kit/clock/moved.h. The programs alone
# differ, by what they are linked with.
option(CONFORMD_TEST_CLOCK "link the programs with a clock that tests move" OFF)
if(CONFORMD_TEST_CLOCK AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  message(FATAL_ERROR "CONFORMD_TEST_CLOCK is for tests: CMAKE_BUILD_TYPE has to be Debug, "
    "it is \"${CMAKE_BUILD_TYPE}\"")
endif()

# conformd_test_clock(PROGRAM room...): the rooms say what the program calls.
function(conformd_test_clock program)
  set(parts moved)
  set(wraps clock_now)
  if("process" IN_LIST ARGN)
    list(APPEND parts timers)
    list(APPEND wraps loop_new loop_timer loop_timer_set loop_timer_stop loop_timer_free)
  endif()
  if("children" IN_LIST ARGN)
    list(APPEND parts execute)
    list(APPEND wraps execve)
  endif()
  list(TRANSFORM parts PREPEND kit_clock_)
  list(TRANSFORM wraps PREPEND LINKER:--wrap=)
  target_link_libraries(${program} PRIVATE ${parts})
  target_link_options(${program} PRIVATE ${wraps})
endfunction()

if(CONFORMD_TEST_CLOCK)
  foreach(part moved timers execute)
    add_library(kit_clock_${part} OBJECT tests/kit/clock/${part}.c)
    target_include_directories(kit_clock_${part} PRIVATE ${CMAKE_SOURCE_DIR}/tests
      ${CMAKE_SOURCE_DIR}/daemon)
  endforeach()
endif()
