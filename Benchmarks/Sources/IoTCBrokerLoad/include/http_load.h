#ifndef IOT_HTTP_LOAD_H
#define IOT_HTTP_LOAD_H

/// What came out of one run.
typedef struct {
    double rate;       // answers a second, or updates a second
    double p50, p99;   // microseconds from request to answer
    int failed;        // 0, or which step did not work
} iot_http_result;

/// Sends one request again and again over `connections` kept-alive connections, one outstanding on
/// each, from one thread. Every answer must be HTTP/1.1 with status 200 and a content-length.
iot_http_result iot_http_run(int port, const char *request, int connections, double seconds);

/// Over one MQTT 3.1.1 connection: updates a shadow so that desired and reported differ, and waits for
/// the delta message before the next update.
iot_http_result iot_shadow_delta_run(int port, double seconds);

#endif
