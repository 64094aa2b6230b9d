#if Endpoint
internal import HTTPTypes
internal import Hummingbird
internal import JSONDocument
internal import NIOCore

extension Response {
    /// An answer with a JSON document.
    static func json(
        _ status: HTTPResponse.Status,
        _ value: JSONValue,
        headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        var writer = JSONWriter()
        writer.write(value)
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.finish()))
        )
    }
}
#endif
