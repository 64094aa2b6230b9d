#include "mqtt_text.h"

typedef struct { const uint8_t *start, *p, *end; } reader;

#define FAIL(place) return (int)((place) - r->start) + 1

static inline bool u16(reader *r, uint16_t *v) {
    if (r->end - r->p < 2) return false;
    *v = (uint16_t)(r->p[0] << 8 | r->p[1]);
    r->p += 2;
    return true;
}

static inline bool field(reader *r, iot_mqtt_field *f) {
    uint16_t n;
    const uint8_t *at = r->p;
    if (!u16(r, &n)) return false;
    if (r->end - r->p < n) { r->p = at; return false; }
    f->start = r->p;
    f->count = n;
    r->p += n;
    return true;
}

static inline bool varint(reader *r, uint32_t *v) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        if (r->p + i >= r->end) return false;
        uint8_t b = r->p[i];
        value |= (uint32_t)(b & 0x7F) << (7 * i);
        if (b < 0x80) {
            if (b == 0 && i > 0) return false;
            r->p += i + 1;
            *v = value;
            return true;
        }
    }
    return false;
}

#define B(id) (1ull << (id))
static const uint64_t in_connect = B(0x11) | B(0x21) | B(0x27) | B(0x22) | B(0x19) | B(0x17) | B(0x26) | B(0x15) | B(0x16);
static const uint64_t in_will = B(0x18) | B(0x01) | B(0x02) | B(0x03) | B(0x08) | B(0x09) | B(0x26);
static const uint64_t in_publish = B(0x01) | B(0x02) | B(0x23) | B(0x08) | B(0x09) | B(0x26) | B(0x0B) | B(0x03);
static const uint64_t in_ack = B(0x1F) | B(0x26);
static const uint64_t in_subscribe = B(0x0B) | B(0x26);

static int properties(reader *r, uint64_t allowed, uint64_t repeatable, iot_mqtt_properties *out) {
    const uint8_t *at = r->p;
    uint32_t length;
    if (!varint(r, &length) || (size_t)(r->end - r->p) < length) FAIL(at);
    reader list = {r->start, r->p, r->p + length};
    uint64_t present = 0;
    while (list.p < list.end) {
        uint8_t id = *list.p;
        uint64_t bit = id < 64 ? B(id) : 0;
        const uint8_t *place = list.p++;
        if (!(allowed & bit) || (present & bit & ~repeatable)) FAIL(place);
        present |= bit;
        iot_mqtt_field f;
        uint16_t v;
        uint32_t w;
        switch (id) {
        case 0x01: case 0x17: case 0x19: case 0x24: case 0x25: case 0x28: case 0x29: case 0x2A:
            if (list.p >= list.end || *list.p > 1) FAIL(place);
            list.p++;
            break;
        case 0x13: case 0x22:
            if (!u16(&list, &v)) FAIL(place);
            break;
        case 0x21: case 0x23:
            if (!u16(&list, &v) || v == 0) FAIL(place);
            break;
        case 0x02: case 0x11: case 0x18:
            if (list.end - list.p < 4) FAIL(place);
            list.p += 4;
            break;
        case 0x27:
            if (list.end - list.p < 4) FAIL(place);
            memcpy(&w, list.p, 4);
            if (w == 0) FAIL(place);
            list.p += 4;
            break;
        case 0x0B:
            if (!varint(&list, &w) || w == 0) FAIL(place);
            break;
        case 0x03: case 0x12: case 0x15: case 0x1A: case 0x1C: case 0x1F:
            if (!field(&list, &f) || !text(f.start, f.count, TEXT_STRING)) FAIL(place);
            break;
        case 0x08:
            if (!field(&list, &f) || f.count == 0 || !text(f.start, f.count, TEXT_TOPIC)) FAIL(place);
            break;
        case 0x09: case 0x16:
            if (!field(&list, &f)) FAIL(place);
            break;
        case 0x26:
            if (!field(&list, &f) || !text(f.start, f.count, TEXT_STRING)) FAIL(place);
            if (!field(&list, &f) || !text(f.start, f.count, TEXT_STRING)) FAIL(place);
            break;
        default: FAIL(place);
        }
    }
    out->start = r->p;
    out->count = length;
    out->present = present;
    r->p += length;
    return 0;
}

static int connect_packet(reader *r, iot_mqtt_packet *out) {
    static const uint8_t name[] = {0, 4, 'M', 'Q', 'T', 'T', 5};
    if (r->end - r->p < 10 || memcmp(r->p, name, 7) != 0) FAIL(r->p);
    uint8_t flags = r->p[7];
    if (flags & 1 || (!(flags & 4) && flags & 0x38) || (flags & 0x18) == 0x18) FAIL(r->p + 7);
    out->connect_flags = flags;
    r->p += 8;
    if (!u16(r, &out->keep_alive)) FAIL(r->p);
    int wrong = properties(r, in_connect, B(0x26), &out->properties);
    if (wrong) return wrong;
    if (out->properties.present & B(0x16) && !(out->properties.present & B(0x15))) FAIL(r->p);
    const uint8_t *at = r->p;
    if (!field(r, &out->client) || !text(out->client.start, out->client.count, TEXT_STRING)) FAIL(at);
    if (flags & 4) {
        wrong = properties(r, in_will, B(0x26), &out->will_properties);
        if (wrong) return wrong;
        at = r->p;
        if (!field(r, &out->will_topic) || out->will_topic.count == 0
            || !text(out->will_topic.start, out->will_topic.count, TEXT_TOPIC)) FAIL(at);
        at = r->p;
        if (!field(r, &out->will_payload)) FAIL(at);
    }
    at = r->p;
    if (flags & 0x80
        && (!field(r, &out->user) || !text(out->user.start, out->user.count, TEXT_STRING))) FAIL(at);
    at = r->p;
    if (flags & 0x40 && !field(r, &out->password)) FAIL(at);
    if (r->p != r->end) FAIL(r->p);
    return 0;
}

static int publish_packet(reader *r, bool server, iot_mqtt_packet *out) {
    uint8_t qos = out->flags >> 1 & 3;
    if (qos == 3 || (qos == 0 && out->flags & 8)) FAIL(r->start);
    const uint8_t *at = r->p;
    if (!field(r, &out->topic) || !text(out->topic.start, out->topic.count, TEXT_TOPIC)) {
        if (r->p == at || out->topic.count != 0) FAIL(at);
    }
    out->identifier = 0;
    if (qos) {
        const uint8_t *place = r->p;
        if (!u16(r, &out->identifier) || out->identifier == 0) FAIL(place);
    }
    int wrong = properties(
        r, server ? in_publish : in_publish & ~B(0x0B), B(0x26) | B(0x0B), &out->properties);
    if (wrong) return wrong;
    if (out->topic.count == 0 && !(out->properties.present & B(0x23))) FAIL(at);
    out->payload.start = r->p;
    out->payload.count = (uint32_t)(r->end - r->p);
    return 0;
}

static int subscribe_packet(reader *r, iot_mqtt_packet *out) {
    const uint8_t *at = r->p;
    if (!u16(r, &out->identifier) || out->identifier == 0) FAIL(at);
    int wrong = properties(r, in_subscribe, B(0x26), &out->properties);
    if (wrong) return wrong;
    out->filters = r->p;
    out->filters_size = (uint32_t)(r->end - r->p);
    if (r->p == r->end) FAIL(r->p);
    uint32_t count = 0;
    while (r->p < r->end) {
        iot_mqtt_field f;
        at = r->p;
        if (!field(r, &f) || !filter_text(f.start, f.count)) FAIL(at);
        if (r->p == r->end) FAIL(r->p);
        uint8_t options = *r->p;
        if (options & 0xC0 || (options & 3) == 3 || (options & 0x30) == 0x30
            || (options & 4 && f.count >= 7 && memcmp(f.start, "$share/", 7) == 0)) FAIL(r->p);
        r->p++;
        count++;
    }
    out->filter_count = count;
    return 0;
}

static int puback_packet(reader *r, iot_mqtt_packet *out) {
    static const uint64_t high = 1 | B(3) | B(7) | B(16) | B(17) | B(23) | B(25);
    const uint8_t *at = r->p;
    if (!u16(r, &out->identifier) || out->identifier == 0) FAIL(at);
    out->reason = 0;
    if (r->p < r->end) {
        uint8_t code = *r->p;
        bool listed = code < 0x80 ? code == 0 || code == 0x10 : code < 0xC0 && high >> (code & 0x3F) & 1;
        if (!listed) FAIL(r->p);
        out->reason = code;
        r->p++;
        if (r->p < r->end) {
            int wrong = properties(r, in_ack, B(0x26), &out->properties);
            if (wrong) return wrong;
        }
    }
    if (r->p != r->end) FAIL(r->p);
    return 0;
}

int iot_mqtt_decode(const uint8_t *bytes, size_t size, bool server, iot_mqtt_packet *out) {
    reader cursor = {bytes, bytes + 1, bytes + size}, *r = &cursor;
    uint32_t length;
    if (size < 2 || !varint(r, &length) || (size_t)(r->end - r->p) != length) return 1;
    out->type = bytes[0] >> 4;
    out->flags = bytes[0] & 15;
    out->properties.present = 0;
    out->properties.count = 0;
    switch (out->type) {
    case 1: return server || out->flags != 0 ? 1 : connect_packet(r, out);
    case 3: return publish_packet(r, server, out);
    case 4: return out->flags != 0 ? 1 : puback_packet(r, out);
    case 8: return server || out->flags != 2 ? 1 : subscribe_packet(r, out);
    default: return 1;
    }
}
