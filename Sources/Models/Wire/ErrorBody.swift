import WireText

/// What an error's JSON says, in any of the shapes in use: `{"error":{…}}` (OpenAI, Anthropic), `{"object":"error",…}` (vLLM),
/// `{"error":"…"}` (Ollama), `{"detail":…}` (FastAPI, NIM), `[{"error":{…}}]` (Gemini's compatible door).
struct ErrorBody {
  var message = ""
  /// `error.type`, lowercase.
  var type = ""
  /// `error.code` where it is a word, lowercase.
  var code = ""
  /// `error.code` where it is a number.
  var number: Int?
  /// A closer word below `error.details` or `error.metadata`.
  var detail = ""
  var requestID: String?

  init(_ value: JSONValue) {
    let root = value.array?.first ?? value
    requestID = root["request_id"]?.string
    switch root["error"] {
    case .object(let object): read(.object(object))
    case .string(let text):
      message = text
      if let object = root.object { code = ASCIIText.lowered(object["code"]?.string ?? "") }
    default: read(root)
    }
  }

  private mutating func read(_ error: JSONValue) {
    type = ASCIIText.lowered(error["type"]?.string ?? error["status"]?.string ?? "")
    switch error["code"] {
    case .string(let word):
      if let digits = ASCIIText.digits(word) { number = digits } else { code = ASCIIText.lowered(word) }
    case .some(let value): number = value.integer.flatMap { Int(exactly: $0) }
    case nil: break
    }
    message = error["message"]?.string ?? error["detail"]?.string ?? error["title"]?.string ?? ""
    if message.isEmpty, let detail = error["detail"] { message = detail.description }
    let details = error["details"] ?? error["metadata"]
    detail = ASCIIText.lowered(
      details?["error_code"]?.string ?? details?["error_type"]?.string ?? details?["limit_source"]?.string ?? "")
    if let raw = details?["raw"]?.string, !raw.isEmpty { message += " (\(raw))" }
    if details?["reasons"]?.array != nil, details?["flagged_input"] != nil { detail = "moderation" }
  }

  /// All words that name the error.
  var words: [String] { [code, type, detail] }

  func isAny(of names: Set<String>) -> Bool { words.contains { names.contains($0) } }
}
