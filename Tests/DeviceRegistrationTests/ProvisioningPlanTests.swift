import DeviceRegistration
import IoTTime
import JSONDocument
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Provisioning templates: resources and plans")
struct ProvisioningPlanTests {
    private let jitp = """
        {
          "Parameters": {
            "AWS::IoT::Certificate::CommonName": {"Type": "String"},
            "AWS::IoT::Certificate::Id": {"Type": "String"},
            "AWS::IoT::Certificate::Country": {"Type": "String", "Default": "XX"}
          },
          "Resources": {
            "thing": {
              "Type": "AWS::IoT::Thing",
              "Properties": {
                "ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"},
                "AttributePayload": {"version": "v1", "country": {"Ref": "AWS::IoT::Certificate::Country"}},
                "ThingTypeName": "lamp", "ThingGroups": ["v1-things"], "BillingGroup": "west"
              },
              "OverrideSettings": {"AttributePayload": "MERGE", "ThingTypeName": "REPLACE", "ThingGroups": "FAIL"}
            },
            "certificate": {
              "Type": "AWS::IoT::Certificate",
              "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"},
              "OverrideSettings": {"Status": "REPLACE"}
            },
            "policy": {
              "Type": "AWS::IoT::Policy",
              "Properties": {"PolicyDocument": "{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[]}"}
            }
          },
          "DeviceConfiguration": {"url": {"Fn::Sub": "https://${AWS::IoT::Certificate::CommonName}.example"}, "n": 3}
        }
        """

    private func certificate(_ subject: DistinguishedName) throws -> CertificateParameters {
        let device = try TestRegistry.device(by: try TestRegistry.authority(), subject)
        let facts = CertificateFacts(device.certificate, crypto: OpenSSLCrypto())
        return try #require(CertificateParameters(facts))
    }

    @Test("JITP: thing, certificate and policy from the certificate's own parameters")
    func wholeTemplate() throws {
        let certificate = try certificate(TestRegistry.name("lamp-7"))
        let template = try ProvisioningTemplate(jitp, kind: .jitp)
        #expect(template.parameterNames.count == 3)
        let plan = try template.evaluate([:], certificate: certificate, crypto: OpenSSLCrypto())
        let thing = try #require(plan.thing)
        #expect(thing.name == "lamp-7")
        #expect(thing.logicalName == "thing")
        #expect(thing.attributes == ["version": "v1", "country": "XX"])
        #expect(thing.typeName == "lamp")
        #expect(thing.groups == ["v1-things"])
        #expect(thing.billingGroup == "west")
        #expect(plan.certificate?.source == .id(certificate.id))
        #expect(plan.certificate?.status == .active)
        #expect(plan.deviceConfiguration["url"]?.string == "https://lamp-7.example")
        #expect(plan.deviceConfiguration["n"]?.number?.int64 == 3)
        let policy = try #require(plan.policies.first)
        let text = #"{"Version":"2012-10-17","Statement":[]}"#
        #expect(policy.source == .document(try JSONValue(parsing: text)))
        // The name of a document is that of its text.
        #expect(policy.name.utf8.count == 64)
    }

    @Test("§5: parameters are single values of the subject, and one that is missing fails")
    func certificateParameters() throws {
        let subject = DistinguishedName([
            (.country, "DE"), (.organization, "O"), (.organizationalUnit, "U1"),
            (.organizationalUnit, "U2"), (.distinguishedNameQualifier, "Q"),
            (.stateOrProvince, "S"), (.commonName, "CN1"), (.subjectSerialNumber, "SN"),
        ])
        let certificate = try certificate(subject)
        let prefix = "AWS::IoT::Certificate::"
        let expected = [
            "Country": "DE", "Organization": "O", "OrganizationalUnit": "U1",
            "DistinguishedNameQualifier": "Q", "StateName": "S", "CommonName": "CN1",
            "SerialNumber": "SN", "Id": certificate.id.rawValue,
        ]
        #expect(certificate.values.count == expected.count)
        for (name, value) in expected { #expect(certificate.values[prefix + name] == value) }
        let template = try ProvisioningTemplate(jitp, kind: .jitp)
        let bare = try self.certificate(DistinguishedName([(.organization, "O")]))
        do throws(TemplateError) {
            _ = try template.evaluate([:], certificate: bare, crypto: OpenSSLCrypto())
            Issue.record("evaluated without a common name")
        } catch {
            #expect(error.violation == .parameterMissing(prefix + "CommonName"))
            #expect(error.line == 3)
        }
    }

    @Test("A template for JITP and fleets needs the certificate at hand, by its id and no other")
    func certificateAtHand() throws {
        let own = try certificate(TestRegistry.name("a"))
        let other = String(repeating: "0", count: 64)
        let text = """
            {"Parameters":{"id":{"Type":"String"}},"Resources":{"c":{"Type":"AWS::IoT::Certificate",
             "Properties":{"CertificateId":{"Ref":"id"}}}}}
            """
        for kind in [ProvisioningTemplate.Kind.jitp, .fleet] {
            let template = try ProvisioningTemplate(text, kind: kind)
            func violation(
                _ id: String,
                _ certificate: CertificateParameters?
            ) -> TemplateError.Violation? {
                do throws(TemplateError) {
                    _ = try template.evaluate(
                        ["id": id],
                        certificate: certificate,
                        crypto: OpenSSLCrypto()
                    )
                    return nil
                } catch {
                    return error.violation
                }
            }
            #expect(violation(own.id.rawValue, own) == nil)
            #expect(violation(other, own) == .otherCertificate)
            #expect(violation(own.id.rawValue, nil) == .certificateMissing)
            #expect(violation("x", own) == .invalidName("CertificateId"))
        }
        let bulk = try ProvisioningTemplate(text, kind: .bulk)
        let plan = try bulk.evaluate(["id": other], crypto: OpenSSLCrypto())
        #expect(plan.certificate?.source == CertificateID(other).map { .id($0) })
    }

    @Test(
        "Resources that the grammar does not have",
        arguments: [
            (#"{}"#, TemplateError.Violation.missingMember("resource")),
            (
                #"{"x":{"Type":"AWS::IoT::Role","Properties":{}}}"#,
                .wrongKind(expected: "AWS::IoT type")
            ),
            (#"{"x":{"Properties":{}}}"#, .missingMember("Type")),
            (#"{"x":{"Type":"AWS::IoT::Thing"}}"#, .missingMember("Properties")),
            (#"{"x":{"Type":"AWS::IoT::Thing","Properties":{}}}"#, .missingMember("ThingName")),
            (
                #"{"x":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"a","Colour":"b"}}}"#,
                .unknownMember("Colour")
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"a"}},"y":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"a"}}}"#,
                .duplicateResource(type: "AWS::IoT::Thing")
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Certificate","Properties":{"Status":"ACTIVE"}}}"#,
                .exactlyOne(of: ["CertificateSigningRequest", "CertificateId", "CertificatePem"])
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Certificate","Properties":{"CertificatePem":"a","CertificateId":"b"}}}"#,
                .exactlyOne(of: ["CertificateSigningRequest", "CertificateId", "CertificatePem"])
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Certificate","Properties":{"CertificatePem":"a","Status":"REVOKED"}}}"#,
                .invalidStatus
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Policy","Properties":{}}}"#,
                .exactlyOne(of: ["PolicyName", "PolicyDocument"])
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Policy","Properties":{"PolicyName":"a/b"}}}"#,
                .invalidName("PolicyName")
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"a","AttributePayload":{"a b":"c"}}}}"#,
                .invalidName("AttributePayload")
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"a"},"OverrideSettings":{"ThingTypeName":"MERGE"}}}"#,
                .overrideNotAllowed("ThingTypeName")
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"a"},"OverrideSettings":{"ThingTypeName":"KEEP"}}}"#,
                .overrideNotAllowed("ThingTypeName")
            ),
            (
                #"{"x":{"Type":"AWS::IoT::Policy","Properties":{"PolicyName":"a"},"OverrideSettings":{"Status":"FAIL"}}}"#,
                .overrideNotAllowed("Status")
            ),
        ]
    )
    func refused(_ resources: String, _ expected: TemplateError.Violation) {
        do throws(TemplateError) {
            _ = try ProvisioningTemplate("{\"Resources\":\(resources)}", kind: .bulk)
                .evaluate([:], crypto: OpenSSLCrypto())
            Issue.record("accepted")
        } catch {
            #expect(error.violation == expected)
        }
    }

    @Test("Sections: none but the four, parameters of type String, 100 of them, 16 resources")
    func sections() throws {
        func violation(_ text: String) -> TemplateError.Violation? {
            do throws(TemplateError) {
                _ = try ProvisioningTemplate(text, kind: .bulk)
                return nil
            } catch {
                return error.violation
            }
        }
        #expect(violation("{}") == .missingMember("Resources"))
        #expect(violation("[]") == .wrongKind(expected: "object"))
        #expect(violation(#"{"Outputs":{}}"#) == .unknownMember("Outputs"))
        #expect(violation(#"{"Resources":{},"Resources":{}}"#) == .json(.duplicateKey))
        #expect(
            violation(#"{"Parameters":{"a":{"Type":"Number"}},"Resources":{}}"#)
                == .wrongKind(expected: "\"String\"")
        )
        func many(_ parameters: Int, _ resources: Int) -> String {
            let p = (0..<parameters).map { "\"p\($0)\":{\"Type\":\"String\"}" }.joined(
                separator: ","
            )
            let r = (0..<resources).map {
                "\"r\($0)\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyName\":\"a\"}}"
            }.joined(separator: ",")
            return "{\"Parameters\":{\(p)},\"Resources\":{\(r)}}"
        }
        #expect(violation(many(100, 16)) == nil)
        #expect(violation(many(101, 16)) == .tooMany("Parameters", limit: 100))
        #expect(violation(many(100, 17)) == .tooMany("Resources", limit: 16))
    }

    @Test("OverrideSettings: what an existing thing keeps, gets and refuses")
    func overrides() throws {
        func plan(_ settings: String) throws -> ThingPlan {
            let text = """
                {"Resources":{"t":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"t",
                 "AttributePayload":{"a":"1","b":"2"},"ThingTypeName":"new","ThingGroups":["g","h"]},
                 "OverrideSettings":\(settings)}}}
                """
            let plan = try ProvisioningTemplate(text, kind: .bulk)
                .evaluate([:], crypto: OpenSSLCrypto())
            return try #require(plan.thing)
        }
        func resolved(_ settings: String) throws -> ThingPlan {
            try plan(settings).resolved(
                attributes: ["a": "0", "c": "3"],
                typeName: "old",
                groups: ["h", "i"]
            )
        }
        let kept = try resolved("{}")
        #expect(kept.attributes == ["a": "0", "c": "3"])
        #expect(kept.typeName == "old")
        #expect(kept.groups == ["h", "i"])
        let merged = try resolved(#"{"AttributePayload":"MERGE","ThingGroups":"MERGE"}"#)
        #expect(merged.attributes == ["a": "1", "b": "2", "c": "3"])
        #expect(merged.groups == ["g", "h", "i"])
        let replaced = try resolved(
            #"{"AttributePayload":"REPLACE","ThingTypeName":"REPLACE","ThingGroups":"REPLACE"}"#
        )
        #expect(replaced.attributes == ["a": "1", "b": "2"])
        #expect(replaced.typeName == "new")
        #expect(replaced.groups == ["g", "h"])
        for property in ["AttributePayload", "ThingTypeName", "ThingGroups"] {
            let failing = try plan("{\"\(property)\":\"FAIL\"}")
            #expect(throws: ResourceConflict(property: property)) {
                try failing.resolved(attributes: [:], typeName: nil, groups: [])
            }
            _ = try failing.resolved(
                attributes: failing.attributes,
                typeName: failing.typeName,
                groups: failing.groups
            )
        }
    }

    @Test("A certificate that waits gets the template's state, another one by its override")
    func certificateStatus() throws {
        func plan(_ setting: String?) throws -> CertificatePlan {
            let override = setting.map { ",\"OverrideSettings\":{\"Status\":\"\($0)\"}" } ?? ""
            let text = """
                {"Resources":{"c":{"Type":"AWS::IoT::Certificate",
                 "Properties":{"CertificatePem":"x","Status":"INACTIVE"}\(override)}}}
                """
            let plan = try ProvisioningTemplate(text, kind: .bulk)
                .evaluate([:], crypto: OpenSSLCrypto())
            return try #require(plan.certificate)
        }
        for setting in [nil, "REPLACE", "FAIL", "DO_NOTHING"] {
            #expect(try plan(setting).resolved(.pendingActivation) == .inactive)
            #expect(try plan(setting).resolved(.inactive) == .inactive)
        }
        #expect(try plan(nil).resolved(.active) == .active)
        #expect(try plan("REPLACE").resolved(.active) == .inactive)
        #expect(throws: ResourceConflict(property: "Status")) {
            try plan("FAIL").resolved(.active)
        }
    }
}
