// Text checks shared by decoder and encoder of the yardstick.
#pragma once
#include "IoTCYardstickMQTT.h"
#include <string.h>

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

enum text_kind { TEXT_STRING, TEXT_TOPIC };

static inline uint64_t load64(const uint8_t *p) {
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

static inline uint64_t odd(uint64_t w, enum text_kind kind) {
    uint64_t bits = w | (w - ONES);
    if (kind == TEXT_TOPIC) bits |= ((w | (ONES << 3)) ^ (ONES * 0x2B)) - ONES;
    return bits & HIGHS;
}

// ASCII without U+0000 and, in topic names, without wildcards.
static inline bool plain(const uint8_t *p, uint32_t n, enum text_kind kind) {
    if (n >= 8) {
        uint64_t found = 0;
        uint32_t i = 0;
        for (; i + 8 < n; i += 8) found |= odd(load64(p + i), kind);
        return (found | odd(load64(p + n - 8), kind)) == 0;
    }
    if (n >= 4) {
        uint32_t a, b;
        memcpy(&a, p, 4);
        memcpy(&b, p + n - 4, 4);
        return odd(a | (uint64_t)b << 32, kind) == 0;
    }
    if (n == 0) return true;
    return odd(p[0] | (uint64_t)p[n / 2] << 8 | (uint64_t)p[n - 1] << 16 | 0x4141414141000000ull, kind) == 0;
}

bool iot_mqtt_text(const uint8_t *p, uint32_t n, enum text_kind kind);
bool iot_mqtt_filter_text(const uint8_t *p, uint32_t n);

static inline bool text(const uint8_t *p, uint32_t n, enum text_kind kind) {
    return plain(p, n, kind) || iot_mqtt_text(p, n, kind);
}

static inline bool filter_text(const uint8_t *p, uint32_t n) {
    return n > 0 && ((p[0] != '$' && plain(p, n, TEXT_TOPIC)) || iot_mqtt_filter_text(p, n));
}
