#include "IoTCYardstickCBOR.h"
#include <string.h>

static int is_utf8(const uint8_t *p, size_t n) {
    size_t i = 0;
    while (i < n) {
        uint8_t b = p[i];
        if (b < 0x80) { i++; continue; }
        size_t need = b >= 0xF0 ? 3 : b >= 0xE0 ? 2 : 1;
        if (b < 0xC2 || b > 0xF4 || n - i <= need) return 0;
        uint32_t v = b & (0x3F >> need);
        for (size_t k = 1; k <= need; k++) {
            if ((p[i + k] & 0xC0) != 0x80) return 0;
            v = v << 6 | (p[i + k] & 0x3F);
        }
        if (need == 2 && (v < 0x800 || (v >= 0xD800 && v < 0xE000))) return 0;
        if (need == 3 && (v < 0x10000 || v > 0x10FFFF)) return 0;
        i += need + 1;
    }
    return 1;
}

static size_t walk(const uint8_t *p, size_t at, size_t end, int depth) {
    if (at >= end) return 0;
    uint8_t initial = p[at], major = initial >> 5, info = initial & 31;
    uint64_t value = info;
    size_t next = at + 1;
    if (info >= 24) {
        if (info > 27) return 0;
        size_t size = (size_t)1 << (info - 24);
        if (end - next < size) return 0;
        value = 0;
        for (size_t i = 0; i < size; i++) value = value << 8 | p[next + i];
        if (major != 7 && value < (size == 1 ? 24 : (uint64_t)1 << (size * 4))) return 0;
        next += size;
    }
    switch (major) {
    case 0: case 1: return next;
    case 2: return value <= end - next ? next + value : 0;
    case 3: return value <= end - next && is_utf8(p + next, value) ? next + value : 0;
    case 4:
        if (depth >= 16 || value > end - next) return 0;
        for (uint64_t i = 0; i < value; i++)
            if (!(next = walk(p, next, end, depth + 1))) return 0;
        return next;
    case 5: {
        if (depth >= 16 || value > (end - next) / 2) return 0;
        size_t previous = 0, previous_count = 0;
        for (uint64_t i = 0; i < value; i++) {
            size_t key = next;
            if (!(next = walk(p, next, end, depth + 1))) return 0;
            size_t count = next - key;
            if (previous_count) {
                int order = memcmp(p + previous, p + key,
                                   previous_count < count ? previous_count : count);
                if (order > 0 || (order == 0 && previous_count >= count)) return 0;
            }
            previous = key;
            previous_count = count;
            if (!(next = walk(p, next, end, depth + 1))) return 0;
        }
        return next;
    }
    case 6: return depth < 16 ? walk(p, next, end, depth + 1) : 0;
    default: return info < 25 ? next : 0;
    }
}

size_t iot_cbor_walk(const uint8_t *bytes, size_t count) { return walk(bytes, 0, count, 0); }
