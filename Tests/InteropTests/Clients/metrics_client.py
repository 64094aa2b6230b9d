"""PyPI's prometheus_client reads what /metrics says: metrics_client.py PORT"""
import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

url = f"http://127.0.0.1:{sys.argv[1]}/metrics"
with urllib.request.urlopen(url, timeout=300) as answer:
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(
        answer.read().decode())}

for name, kind in {
    "iot_broker_connections": "gauge",
    "iot_broker_messages_dropped": "counter",
    "iot_broker_turn_seconds": "histogram",
    "process_resident_memory_bytes": "gauge",
    "process_cpu_seconds": "counter",
    "metrics_series_refused": "counter",
}.items():
    assert families[name].type == kind, (name, families[name].type)
    assert families[name].documentation, name

reasons = {sample.labels["reason"] for sample in families["iot_broker_messages_dropped"].samples}
assert reasons == {"queue-full", "slow-receiver", "too-large"}, reasons
buckets = [sample.value for sample in families["iot_broker_turn_seconds"].samples
           if sample.name.endswith("_bucket")]
assert len(buckets) == 21 and buckets == sorted(buckets), buckets
assert families["process_resident_memory_bytes"].samples[0].value > 1_000_000
assert 0 < families["process_open_fds"].samples[0].value < 1_000_000
print("ok")
