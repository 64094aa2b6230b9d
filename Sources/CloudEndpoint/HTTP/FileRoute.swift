#if Endpoint
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOPosix

/// GET and HEAD of the files of a folder, with byte ranges and conditions: RFC 9110 §13, §14.
struct FileRoute: HTTPRoute {
    let folder: FileFolder
    let limits: CloudEndpoint.HTTPLimits
    let threads: NIOThreadPool

    let methods: [HTTPRequest.Method] = [.get, .head]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        let file = try await threads.runIfActive { [folder] in folder.open(path.components) }
        guard let file else { throw RequestFailure(.notFound, "no such file") }
        var headers: HTTPFields = [
            .acceptRanges: "bytes", .eTag: file.entityTag,
            .lastModified: HTTPDate.format(file.version.modified),
            .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
        ]
        let decision = Preconditions(request.headers).evaluate(
            entityTag: file.entityTag,
            modified: file.version.modified,
            now: context.now
        )
        let usesRange: Bool
        switch decision {
        case .notModified:
            headers[.contentLength] = String(file.length)
            return Response(status: .notModified, headers: headers)
        case .failed: throw RequestFailure(.preconditionFailed, "the file is another one")
        case .proceed(let mayUseRange): usesRange = mayUseRange && request.method == .get
        }
        let type = Self.mediaType(path.components.last ?? [])
        let field = usesRange ? request.headers[.range] : nil
        switch ByteRangeSet(field, length: file.length, limit: limits.ranges) {
        case .whole:
            headers[.contentType] = type
            headers[.contentLength] = String(file.length)
            guard request.method == .get else { return Response(status: .ok, headers: headers) }
            return response(.ok, headers, FileBody(file, whole: file.length))
        case .parts(let ranges) where ranges.count == 1:
            headers[.contentType] = type
            headers[.contentRange] = FileBody.contentRange(ranges[0], of: file.length)
            return response(.partialContent, headers, FileBody(file, range: ranges[0]))
        case .parts(let ranges):
            let body = FileBody(file, ranges: ranges, type: type, boundary: Self.boundary())
            headers[.contentType] = "multipart/byteranges; boundary=\(body.boundary)"
            return response(.partialContent, headers, body)
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(file.length)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
    }

    private func response(
        _ status: HTTPResponse.Status,
        _ headers: HTTPFields,
        _ body: FileBody
    ) -> Response {
        var headers = headers
        headers[.contentLength] = String(body.length)
        let (threads, chunk) = (threads, limits.fileChunkBytes)
        return Response(
            status: status,
            headers: headers,
            // The length stands in the headers: it may exceed an Int of a small machine.
            body: ResponseBody { writer in
                try await body.write(to: &writer, chunk: chunk, on: threads)
                try await writer.finish(nil)
            }
        )
    }

    /// 128 random bits, which no file can be made to contain beforehand.
    private static func boundary() -> String {
        var random = SystemRandomNumberGenerator()
        return String(random.next() as UInt64, radix: 36)
            + String(random.next() as UInt64, radix: 36)
    }

    /// By the name's ending; what a browser could run is sent as bytes.
    private static func mediaType(_ name: [UInt8]) -> String {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else {
            return "application/octet-stream"
        }
        return switch String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased() {
        case "json": "application/json"
        case "cbor": "application/cbor"
        case "txt": "text/plain; charset=utf-8"
        case "pem": "application/x-pem-file"
        default: "application/octet-stream"
        }
    }
}

extension Preconditions {
    fileprivate init(_ headers: HTTPFields) {
        self.init(
            ifMatch: headers[.ifMatch],
            ifNoneMatch: headers[.ifNoneMatch],
            ifModifiedSince: headers[.ifModifiedSince],
            ifUnmodifiedSince: headers[.ifUnmodifiedSince],
            ifRange: headers[.ifRange]
        )
    }
}
#endif
