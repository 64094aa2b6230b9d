#pragma once
#include <stddef.h>
#include <stdint.h>

/// A prepared statement on an in-memory SQLite database.
typedef struct iot_sqlite iot_sqlite;

/// Prepares a statement with up to four parameters; NULL where SQLite refuses it.
iot_sqlite *iot_sqlite_make(const char *sql);
void iot_sqlite_free(iot_sqlite *self);

/// Runs the statement once: parameter 1 is the text, 2 and 3 strings, 4 a number.
/// Returns the length of the first column of the first row, 0 without a row.
size_t iot_sqlite_run(
    iot_sqlite *self, const uint8_t *text, size_t length, const char *second, const char *third,
    int64_t fourth);
