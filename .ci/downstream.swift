import MQTTCodec

// Filled in with the codec's example.
