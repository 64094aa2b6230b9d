import Testing

@testable import X509Verification

@Suite("RFC 5280 §4.2.1.6, §4.2.1.10 and §7 names")
struct NameTests {
    private func printable(_ text: String) -> DistinguishedName? {
        try? DistinguishedName(
            der: DERWriter.sequence(
                DERWriter.set([
                    DERWriter.sequence(
                        DERWriter.objectIdentifier(.commonName),
                        DERWriter.element(0x13, Array(text.utf8))
                    )
                ])
            )
        )
    }

    @Test("§7.1 names match without regard to case, string type and runs of white space")
    func matching() throws {
        let name = DistinguishedName([(.commonName, "Test  CA ")])
        #expect(name == printable("test ca"))
        #expect(name.hashValue == printable("TEST CA")?.hashValue)
        #expect(name != printable("testca"))
        #expect(
            DistinguishedName([(.commonName, "Ge\u{301}rard")])
                == DistinguishedName([(.commonName, "G\u{C9}RARD")])
        )
        #expect(DistinguishedName([(.commonName, "a"), (.commonName, "b")]) != name)
        #expect(
            DistinguishedName([(.commonName, "a\u{1F}/b")])
                != DistinguishedName([(.commonName, "a"), (.commonName, "b")])
        )
    }

    @Test("RFC 4514 a name prints with its special characters escaped")
    func description() {
        let name = DistinguishedName([
            (.country, "DE"), (.organization, "A, B+C"), (.commonName, " #x\n"),
        ])
        #expect(name.description == "CN=\\ #x\\0a,O=A\\, B\\+C,C=DE")
        #expect(name.values(of: .organization) == ["A, B+C"])
    }

    @Test("RFC 1034 §3.5 host names")
    func hosts() {
        let good = [
            "example.com", "a-b.c1.example", "xn--628h.example.com", "localhost", "1.example",
        ]
        let bad = [
            "", ".example.com", "example..com", "-a.example", "a-.example", "under_score.example",
            "192.0.2.1", "example.com.", "*", "a*.example.com", "*.*.example.com", "sp ace.example",
            String(repeating: "a", count: 64) + ".example",
            String(repeating: "a.", count: 127) + "ab",
        ]
        for text in good { #expect(host(text), "\(text)") }
        for text in bad { #expect(!host(text), "\(text)") }
        #expect(host("*.example.com") && !host("*.example.com", wildcard: false))
        #expect(host(String(repeating: "a.", count: 126) + "a"))
    }

    private func host(_ text: String, wildcard: Bool = true) -> Bool {
        let bytes = Array(text.utf8)
        return NameSyntax.isHost(bytes.span, 0..<bytes.count, wildcard: wildcard)
    }

    @Test("RFC 5321 §4.1.2 mailboxes, and RFC 3986 absolute URIs")
    func mailboxesAndURIs() {
        func isMailbox(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            return NameSyntax.mailboxSeparator(bytes.span, 0..<bytes.count) != nil
        }
        for text in ["a@example.com", "user*@example.com", "\"a b\"@example.com", "a@[192.0.2.1]"] {
            #expect(isMailbox(text), "\(text)")
        }
        for text in ["@example.com", "a@", "a", "a@b@example.com", ".a@example.com", "a..b@e.com"] {
            #expect(!isMailbox(text), "\(text)")
        }
        func isURI(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            return NameSyntax.isURI(bytes.span, 0..<bytes.count)
        }
        for text in ["urn:dev:1", "http://example.com/a?b#c"] { #expect(isURI(text), "\(text)") }
        for text in ["", "relative/path", "http:", "1a:b", "a:b c"] { #expect(!isURI(text)) }
    }

    @Test("RFC 4291 §2.2 addresses")
    func addresses() {
        #expect(ExpectedName.ip(text: "192.0.2.1") == .ip([192, 0, 2, 1]))
        #expect(
            ExpectedName.ip(text: "2001:db8::1")
                == .ip([0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1])
        )
        #expect(ExpectedName.ip(text: "::1") == .ip([UInt8](repeating: 0, count: 15) + [1]))
        for text in ["192.0.2", "192.0.2.01", "1.2.3.256", ":::1", "1::2::3", "g::", "1:2:3", ""] {
            #expect(ExpectedName.ip(text: text) == nil, "\(text)")
        }
    }

    @Test("§4.2.1.10 a subtree contains a name, or a wildcard could reach into it")
    func subtrees() {
        func contains(
            _ tree: String,
            _ name: String,
            _ form: GeneralNameRecord.Form = .dns,
            couldMatch: Bool = false
        ) -> Bool {
            let a = Array(tree.utf8)
            let b = Array(name.utf8)
            return NameSubtree.contains(
                a.span,
                GeneralNameRecord(form: form, content: ByteRange(0..<a.count)),
                b.span,
                GeneralNameRecord(form: form, content: ByteRange(0..<b.count)),
                couldMatch: couldMatch
            )
        }
        #expect(contains("example.com", "a.b.EXAMPLE.com"))
        #expect(!contains("example.com", "badexample.com"))
        #expect(contains("", "anything.example"))
        #expect(contains("example.com", "*.example.com"))
        #expect(!contains("foo.example.com", "*.example.com"))
        #expect(contains("foo.example.com", "*.example.com", couldMatch: true))
        #expect(!contains("bar.foo.example.com", "*.example.com", couldMatch: true))
        #expect(contains("example.com", "a@example.com", .rfc822))
        #expect(!contains("example.com", "a@b.example.com", .rfc822))
        #expect(contains(".example.com", "a@b.example.com", .rfc822))
        #expect(contains("a@example.com", "a@EXAMPLE.com", .rfc822))
        #expect(!contains("*@example.com", "a@example.com", .rfc822))
        #expect(contains(".example.com", "http://u:p@b.example.com:80/x", .uri))
        #expect(!contains(".example.com", "http://example.com/", .uri))
    }
}
