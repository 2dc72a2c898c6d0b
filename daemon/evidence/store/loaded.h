/* The rows of a reader's query, in memory: what is done with them holds no transaction open. */
#ifndef STORE_LOADED_H
#define STORE_LOADED_H

#include "ground/base/buffer.h"
#include "ground/base/error.h"

#include <sqlite3.h>
#include <stdint.h>

struct loaded_cell {
    bool is_null;
    int64_t integer;
    double real;
    size_t at; /* of its text or bytes, in `bytes`; a NUL follows them */
    size_t length;
};

/* Zeroed is empty. */
struct loaded {
    struct loaded_cell *cells; /* rows * columns */
    size_t capacity;
    size_t columns;
    size_t rows;
    size_t row; /* from 1: the present one; 0: none yet */
    struct buffer bytes;
    bool is_open; /* rows were loaded, and not all are given */
};

/* What the statement's present row would add. */
size_t loaded_row_bytes(sqlite3_stmt *statement);
/* The statement's present row becomes the last one. ERROR_MEMORY. */
int loaded_add(struct loaded *loaded, sqlite3_stmt *statement) MUST_CHECK;
/* 1: the next row is the present one; 0: there is none, and all are forgotten. */
int loaded_step(struct loaded *loaded);
/* Of the present row; NULL beyond it. */
const struct loaded_cell *loaded_cell(const struct loaded *loaded, int column);
size_t loaded_bytes(const struct loaded *loaded);
void loaded_finish(struct loaded *loaded);

#endif
