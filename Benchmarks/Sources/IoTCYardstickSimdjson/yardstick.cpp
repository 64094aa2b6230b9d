#include "IoTCYardstickSimdjson.h"
#include <simdjson.h>
#include <string_view>

struct iot_simdjson {
  simdjson::dom::parser parser;
  simdjson::padded_string text;
};

extern "C" iot_simdjson *iot_simdjson_make(const uint8_t *text, size_t length) {
  auto *self = new iot_simdjson;
  self->text = simdjson::padded_string(reinterpret_cast<const char *>(text), length);
  return self;
}

extern "C" void iot_simdjson_free(iot_simdjson *self) { delete self; }

static uint64_t size_of(simdjson::dom::element root) {
  simdjson::dom::object object;
  if (!root.get(object)) return object.size();
  simdjson::dom::array array;
  if (!root.get(array)) return array.size();
  return 0;
}

extern "C" uint64_t iot_simdjson_parse(iot_simdjson *self, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    simdjson::dom::element root;
    if (self->parser.parse(self->text).get(root)) return UINT64_MAX;
    sum += size_of(root);
  }
  return sum;
}

extern "C" uint64_t iot_simdjson_lookup(iot_simdjson *self, const char *first, const char *second,
                                        size_t count) {
  uint64_t sum = 0;
  simdjson::dom::element root;
  if (self->parser.parse(self->text).get(root)) return UINT64_MAX;
  std::string_view a(first), b(second);
  for (size_t i = 0; i < count; i++) {
    asm volatile("" : : "r"(&a), "r"(&b) : "memory");
    simdjson::dom::element x, y;
    if (root[a].get(x) || root[b].get(y)) return UINT64_MAX;
    sum += (x.type() == simdjson::dom::element_type::STRING) + 2 * y.is_number();
  }
  return sum;
}

extern "C" const char *iot_simdjson_kernel(void) {
  static std::string name = simdjson::get_active_implementation()->name();
  return name.c_str();
}
