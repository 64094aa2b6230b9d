#include "mqtt_text.h"

// Bytes of the well-formed sequence at p, or 0.
static int sequence(const uint8_t *p, const uint8_t *end) {
    uint8_t first = *p, low = 0x80, high = 0xBF;
    int size;
    if (first >= 0xC2 && first <= 0xDF) size = 2;
    else if (first >= 0xE0 && first <= 0xEF) {
        size = 3;
        if (first == 0xE0) low = 0xA0;
        if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
        size = 4;
        if (first == 0xF0) low = 0x90;
        if (first == 0xF4) high = 0x8F;
    } else return 0;
    if (end - p < size || p[1] < low || p[1] > high) return 0;
    for (int i = 2; i < size; i++) if ((p[i] & 0xC0) != 0x80) return 0;
    return size;
}

bool iot_mqtt_text(const uint8_t *p, uint32_t n, enum text_kind kind) {
    if (n == 0) return kind != TEXT_TOPIC;
    const uint8_t *end = p + n;
    while (p < end) {
        uint8_t c = *p;
        if (c < 0x80) {
            if (c == 0 || (kind == TEXT_TOPIC && (c == '+' || c == '#'))) return false;
            p++;
        } else {
            int size = sequence(p, end);
            if (size == 0) return false;
            p += size;
        }
    }
    return true;
}

bool iot_mqtt_filter_text(const uint8_t *p, uint32_t n) {
    const uint8_t *end = p + n, *first = p;
    if (n >= 7 && memcmp(p, "$share/", 7) == 0) {
        const uint8_t *name = p + 7, *slash = name;
        while (slash < end && *slash != '/') {
            if (*slash == '+' || *slash == '#') return false;
            slash++;
        }
        if (slash == name || slash + 1 >= end) return false;
        if (!text(name, (uint32_t)(slash - name), TEXT_STRING)) return false;
        first = p = slash + 1;
    }
    while (p < end) {
        uint8_t c = *p;
        if (c >= 0x80) {
            int size = sequence(p, end);
            if (size == 0) return false;
            p += size;
            continue;
        }
        if (c == 0) return false;
        if (c == '+' || c == '#') {
            if (p != first && p[-1] != '/') return false;
            if (p + 1 != end && (c == '#' || p[1] != '/')) return false;
        }
        p++;
    }
    return true;
}
