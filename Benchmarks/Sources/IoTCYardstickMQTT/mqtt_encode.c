#include "mqtt_text.h"

#define B(id) (1ull << (id))

static inline size_t varint_size(size_t n) { return n < 0x80 ? 1 : n < 0x4000 ? 2 : n < 0x200000 ? 3 : 4; }

static inline uint8_t *put_varint(uint8_t *p, size_t n) {
    while (n >= 0x80) {
        *p++ = (uint8_t)(n | 0x80);
        n >>= 7;
    }
    *p++ = (uint8_t)n;
    return p;
}

static inline uint8_t *put_u16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

static inline uint8_t *put_bytes(uint8_t *p, const uint8_t *from, size_t n) {
    memcpy(p, from, n);
    return p + n;
}

static inline uint8_t *put_field(uint8_t *p, iot_mqtt_field f) {
    return put_bytes(put_u16(p, (uint16_t)f.count), f.start, f.count);
}

static inline uint8_t *put_properties(uint8_t *p, const iot_mqtt_properties *list) {
    p = put_varint(p, list->count);
    if (list->count) p = put_bytes(p, list->start, list->count);
    return p;
}

static inline size_t properties_size(const iot_mqtt_properties *list) {
    return varint_size(list->count) + list->count;
}

static inline bool fits(size_t remaining, size_t room) {
    return remaining <= 268435455 && 1 + varint_size(remaining) + remaining <= room;
}

size_t iot_mqtt_encode_connect(const iot_mqtt_connect *c, uint8_t *out, size_t room) {
    const uint64_t in_connect = B(0x11) | B(0x21) | B(0x27) | B(0x22) | B(0x19) | B(0x17) | B(0x26) | B(0x15) | B(0x16);
    const uint64_t in_will = B(0x18) | B(0x01) | B(0x02) | B(0x03) | B(0x08) | B(0x09) | B(0x26);
    if (c->properties.present & ~in_connect || c->will_properties.present & ~in_will) return 0;
    if (c->properties.present & B(0x16) && !(c->properties.present & B(0x15))) return 0;
    if (c->client.count > 0xFFFF || !text(c->client.start, c->client.count, TEXT_STRING)) return 0;
    size_t n = 10 + properties_size(&c->properties) + 2 + c->client.count;
    uint8_t flags = c->clean_start ? 2 : 0;
    if (c->will_topic.start) {
        if (c->will_topic.count > 0xFFFF || c->will_topic.count == 0 || c->will_payload.count > 0xFFFF
            || !text(c->will_topic.start, c->will_topic.count, TEXT_TOPIC)) return 0;
        n += properties_size(&c->will_properties) + 4 + c->will_topic.count + c->will_payload.count;
        flags |= (uint8_t)(4 | c->will_qos << 3 | (c->will_retain ? 0x20 : 0));
    }
    if (c->user.start) {
        if (c->user.count > 0xFFFF || !text(c->user.start, c->user.count, TEXT_STRING)) return 0;
        n += 2 + c->user.count;
        flags |= 0x80;
    }
    if (c->password.start) {
        if (c->password.count > 0xFFFF) return 0;
        n += 2 + c->password.count;
        flags |= 0x40;
    }
    if (!fits(n, room)) return 0;
    uint8_t *p = out;
    *p++ = 0x10;
    p = put_varint(p, n);
    p = put_bytes(p, (const uint8_t *)"\0\4MQTT\5", 7);
    *p++ = flags;
    p = put_u16(p, c->keep_alive);
    p = put_properties(p, &c->properties);
    p = put_field(p, c->client);
    if (c->will_topic.start) {
        p = put_properties(p, &c->will_properties);
        p = put_field(p, c->will_topic);
        p = put_field(p, c->will_payload);
    }
    if (c->user.start) p = put_field(p, c->user);
    if (c->password.start) p = put_field(p, c->password);
    return (size_t)(p - out);
}

size_t iot_mqtt_encode_publish(
    iot_mqtt_field topic, iot_mqtt_field payload, uint8_t qos, uint16_t identifier,
    const iot_mqtt_properties *properties, bool server, uint8_t *out, size_t room) {
    uint64_t allowed = B(0x01) | B(0x02) | B(0x23) | B(0x08) | B(0x09) | B(0x26) | B(0x03);
    if (server) allowed |= B(0x0B);
    if (properties->present & ~allowed || qos > 2 || (qos == 0) != (identifier == 0)) return 0;
    if (topic.count > 0xFFFF || !text(topic.start, topic.count, TEXT_TOPIC)
        || (topic.count == 0 && !(properties->present & B(0x23)))) return 0;
    size_t n = 2 + topic.count + (qos ? 2 : 0) + properties_size(properties) + payload.count;
    if (!fits(n, room)) return 0;
    uint8_t *p = out;
    *p++ = (uint8_t)(0x30 | qos << 1);
    p = put_varint(p, n);
    p = put_field(p, topic);
    if (qos) p = put_u16(p, identifier);
    p = put_properties(p, properties);
    p = put_bytes(p, payload.start, payload.count);
    return (size_t)(p - out);
}

size_t iot_mqtt_encode_subscribe(
    uint16_t identifier, const iot_mqtt_filter *filters, uint32_t count,
    const iot_mqtt_properties *properties, uint8_t *out, size_t room) {
    if (identifier == 0 || count == 0 || properties->present & ~(B(0x0B) | B(0x26))) return 0;
    size_t n = 2 + properties_size(properties);
    for (uint32_t i = 0; i < count; i++) {
        if (filters[i].count > 0xFFFF || !filter_text(filters[i].filter, filters[i].count)) return 0;
        if (filters[i].options & 4 && filters[i].count >= 7
            && memcmp(filters[i].filter, "$share/", 7) == 0) return 0;
        n += 3 + filters[i].count;
    }
    if (!fits(n, room)) return 0;
    uint8_t *p = out;
    *p++ = 0x82;
    p = put_varint(p, n);
    p = put_u16(p, identifier);
    p = put_properties(p, properties);
    for (uint32_t i = 0; i < count; i++) {
        p = put_u16(p, (uint16_t)filters[i].count);
        p = put_bytes(p, filters[i].filter, filters[i].count);
        *p++ = filters[i].options;
    }
    return (size_t)(p - out);
}

size_t iot_mqtt_encode_puback(
    uint16_t identifier, uint8_t reason, const iot_mqtt_properties *properties, uint8_t *out,
    size_t room) {
    static const uint64_t high = 1 | B(3) | B(7) | B(16) | B(17) | B(23) | B(25);
    bool listed = reason < 0x80 ? reason == 0 || reason == 0x10 : reason < 0xC0 && high >> (reason & 0x3F) & 1;
    if (identifier == 0 || !listed || properties->present & ~(B(0x1F) | B(0x26))) return 0;
    size_t n = 2;
    if (properties->count) n += 1 + properties_size(properties);
    else if (reason) n += 1;
    if (!fits(n, room)) return 0;
    uint8_t *p = out;
    *p++ = 0x40;
    p = put_varint(p, n);
    p = put_u16(p, identifier);
    if (n > 2) *p++ = reason;
    if (n > 3) p = put_properties(p, properties);
    return (size_t)(p - out);
}
