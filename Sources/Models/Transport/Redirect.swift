/// What a redirect makes of a request (RFC 9110, section 15.4). Pure.
enum Redirect {
  /// Whether an answer of that status sends elsewhere.
  static func isOne(_ status: Int) -> Bool { [301, 302, 303, 307, 308].contains(status) }

  /// The request to send to `target`.
  static func request(
    after request: HTTPRequest, status: Int, from origin: HTTPTarget, to target: HTTPTarget
  ) throws(HTTPError) -> HTTPRequest {
    if origin.scheme == "https", target.scheme != "https" {
      throw HTTPError(
        .redirect, host: origin.place, detail: "it leads from https to http, where anybody can read along")
    }
    var next = request
    next.url = target.url
    let turnsToGet = status == 303 ? request.method != "HEAD" : status <= 302 && request.method == "POST"
    if turnsToGet {
      next.method = "GET"
      next.body = nil
      next.headers.fields.removeAll { field in ofBodies.contains { HTTPHeaders.isSame($0, field.name) } }
    }
    if !target.isSameOrigin(as: origin) {
      next.headers.fields.removeAll { field in !harmless.contains { HTTPHeaders.isSame($0, field.name) } }
    }
    return next
  }

  /// Who may read them learns nothing that authorizes. Everything else stays behind: no list of dangerous names is whole.
  private static let harmless = [
    "Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "Content-Language", "Content-Encoding",
    "User-Agent",
    "Range", "If-Modified-Since", "If-None-Match",
  ]

  private static let ofBodies = ["Content-Type", "Content-Language", "Content-Encoding"]
}
