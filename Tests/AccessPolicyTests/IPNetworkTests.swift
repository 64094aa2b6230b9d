import Testing

@testable import AccessPolicy

@Suite("RFC 4291, RFC 4632: addresses and ranges")
struct IPNetworkTests {
    @Test(
        "an address lies in a range",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1"), ("0.0.0.0/0", "1.2.3.4"), ("192.0.2.7", "192.0.2.7"),
            ("2001:db8::/32", "2001:db8:ffff::1"), ("::/0", "2001:db8::1"),
            ("192.0.2.0/24", "::ffff:192.0.2.9"), ("::ffff:192.0.2.0/120", "192.0.2.1"),
        ]
    )
    func contains(range: String, address: String) throws {
        let network = try #require(IPNetwork(range.utf8))
        #expect(network.contains(try #require(IPNetwork(address.utf8))))
    }

    @Test(
        "an address lies outside of a range",
        arguments: [
            ("10.0.0.0/8", "11.0.0.1"), ("0.0.0.0/0", "2001:db8::1"), ("10.0.0.1", "10.0.0.2"),
            ("2001:db8::/32", "2001:db9::1"), ("10.0.0.0/16", "10.0.0.0/8"),
        ]
    )
    func excludes(range: String, address: String) throws {
        let network = try #require(IPNetwork(range.utf8))
        #expect(!network.contains(try #require(IPNetwork(address.utf8))))
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/08",
            "1.2.3.4.5", ":", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::/129",
            "::1.2.3", "1:2:3:4:5:6:7::8", "10.0.0.1 ", "10.0.0.1/8/8", "1.2.3.4::",
        ]
    )
    func refuses(text: String) {
        #expect(IPNetwork(text.utf8) == nil)
    }
}

@Suite("RFC 4648 §4 base64")
struct Base64Tests {
    @Test(
        "decodes what is canonical",
        arguments: [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob")]
    )
    func decodes(text: String, bytes: String) {
        #expect(Base64.decode(text.utf8) == Array(bytes.utf8))
    }

    @Test(
        "refuses other lengths, characters, padding and stray bits",
        arguments: [
            "Z", "Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm-v", "Zg==" + "A",
        ]
    )
    func refuses(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }
}
