// A hand-written MQTT 5.0 codec in C for five packets: the yardstick of MQTTCodecBenchmarks.
//
// It checks what MQTTCodec checks for these packets (fixed header, lengths, UTF-8, U+0000, wildcards,
// property lists, repetition, ranges, reason codes) and allocates nothing.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { const uint8_t *start; uint32_t count; } iot_mqtt_field;
typedef struct { const uint8_t *start; uint32_t count; uint64_t present; } iot_mqtt_properties;

typedef struct {
    uint8_t type, flags, connect_flags, reason;
    uint16_t identifier, keep_alive;
    iot_mqtt_field topic, payload, client, will_topic, will_payload, user, password;
    iot_mqtt_properties properties, will_properties;
    const uint8_t *filters;
    uint32_t filter_count, filters_size;
} iot_mqtt_packet;

// Parses one packet; 0, or the offset of the wrong field plus 1. `server` is true where a server sent it.
int iot_mqtt_decode(const uint8_t *bytes, size_t size, bool server, iot_mqtt_packet *out);

typedef struct { const uint8_t *filter; uint32_t count; uint8_t options; } iot_mqtt_filter;

typedef struct {
    bool clean_start, will_retain;
    uint8_t will_qos;
    uint16_t keep_alive;
    iot_mqtt_field client, will_topic, will_payload, user, password;
    iot_mqtt_properties properties, will_properties;
} iot_mqtt_connect;

// Each encoder checks, computes the size once and writes once; 0 where it refuses or `room` is too small.
size_t iot_mqtt_encode_connect(const iot_mqtt_connect *packet, uint8_t *out, size_t room);
size_t iot_mqtt_encode_publish(
    iot_mqtt_field topic, iot_mqtt_field payload, uint8_t qos, uint16_t identifier,
    const iot_mqtt_properties *properties, bool server, uint8_t *out, size_t room);
size_t iot_mqtt_encode_subscribe(
    uint16_t identifier, const iot_mqtt_filter *filters, uint32_t count,
    const iot_mqtt_properties *properties, uint8_t *out, size_t room);
size_t iot_mqtt_encode_puback(
    uint16_t identifier, uint8_t reason, const iot_mqtt_properties *properties, uint8_t *out,
    size_t room);
