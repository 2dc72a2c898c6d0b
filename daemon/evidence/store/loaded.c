/* Copies rows out of a statement and gives them one after another. */
#include "evidence/store/loaded.h"

#include <stdlib.h>

#include "ground/base/array.h"

static void add_cell(struct loaded *loaded, sqlite3_stmt *statement, int column)
{
    struct loaded_cell cell = {.at = loaded->bytes.length};
    int type = sqlite3_column_type(statement, column);
    cell.is_null = type == SQLITE_NULL;
    /* Numbers first: as text they are converted in their place. */
    cell.integer = sqlite3_column_int64(statement, column);
    cell.real = sqlite3_column_double(statement, column);
    if (!cell.is_null) {
        const void *bytes = type == SQLITE_BLOB ? sqlite3_column_blob(statement, column)
                                                : sqlite3_column_text(statement, column);
        cell.length = (size_t)sqlite3_column_bytes(statement, column);
        buffer_append(&loaded->bytes, bytes ? bytes : "", cell.length);
        buffer_byte(&loaded->bytes, '\0');
    }
    loaded->cells[loaded->rows * loaded->columns + (size_t)column] = cell;
}

size_t loaded_row_bytes(sqlite3_stmt *statement)
{
    size_t bytes = 0;
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        int type = sqlite3_column_type(statement, i);
        bytes += sizeof(struct loaded_cell);
        if (type == SQLITE_TEXT || type == SQLITE_BLOB)
            bytes += (size_t)sqlite3_column_bytes(statement, i);
    }
    return bytes;
}

int loaded_add(struct loaded *loaded, sqlite3_stmt *statement)
{
    loaded->columns = (size_t)sqlite3_column_count(statement);
    for (size_t i = 0; i < loaded->columns; i++)
        if (array_reserve(&loaded->cells, &loaded->capacity, loaded->rows * loaded->columns + i,
                          sizeof *loaded->cells))
            return ERROR_MEMORY;
    for (size_t i = 0; i < loaded->columns; i++)
        add_cell(loaded, statement, (int)i);
    loaded->rows++;
    return loaded->bytes.failed ? ERROR_MEMORY : 0;
}

int loaded_step(struct loaded *loaded)
{
    if (loaded->row++ < loaded->rows)
        return 1;
    loaded_finish(loaded);
    return 0;
}

const struct loaded_cell *loaded_cell(const struct loaded *loaded, int column)
{
    if (!loaded->row || loaded->row > loaded->rows || column < 0 ||
        (size_t)column >= loaded->columns)
        return NULL;
    return &loaded->cells[(loaded->row - 1) * loaded->columns + (size_t)column];
}

size_t loaded_bytes(const struct loaded *loaded)
{
    return loaded->bytes.length + loaded->rows * loaded->columns * sizeof *loaded->cells;
}

void loaded_finish(struct loaded *loaded)
{
    free(loaded->cells);
    buffer_finish(&loaded->bytes);
    *loaded = (struct loaded){0};
}
