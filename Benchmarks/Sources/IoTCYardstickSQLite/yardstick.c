#include "IoTCYardstickSQLite.h"

#include <sqlite3.h>
#include <stdlib.h>

struct iot_sqlite {
    sqlite3 *database;
    sqlite3_stmt *statement;
};

iot_sqlite *iot_sqlite_make(const char *sql) {
    iot_sqlite *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    if (sqlite3_open(":memory:", &self->database) != SQLITE_OK
        || sqlite3_prepare_v2(self->database, sql, -1, &self->statement, NULL) != SQLITE_OK) {
        iot_sqlite_free(self);
        return NULL;
    }
    return self;
}

void iot_sqlite_free(iot_sqlite *self) {
    if (!self) return;
    sqlite3_finalize(self->statement);
    sqlite3_close(self->database);
    free(self);
}

size_t iot_sqlite_run(
    iot_sqlite *self, const uint8_t *text, size_t length, const char *second, const char *third,
    int64_t fourth) {
    sqlite3_bind_text(self->statement, 1, (const char *)text, (int)length, SQLITE_STATIC);
    sqlite3_bind_text(self->statement, 2, second, -1, SQLITE_STATIC);
    sqlite3_bind_text(self->statement, 3, third, -1, SQLITE_STATIC);
    sqlite3_bind_int64(self->statement, 4, fourth);
    size_t result = 0;
    if (sqlite3_step(self->statement) == SQLITE_ROW) {
        sqlite3_column_text(self->statement, 0);
        result = (size_t)sqlite3_column_bytes(self->statement, 0);
    }
    sqlite3_reset(self->statement);
    return result;
}
