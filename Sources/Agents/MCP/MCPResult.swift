internal import Models
internal import WireText

/// What a server's tool answered, put into our words.
enum MCPResult {
  static let maxImages = 10
  /// In base 64.
  static let maxImageBytes = 7 << 20

  static func outcome(_ result: JSONObject, limits: MCPLimits) -> ToolOutcome {
    var pieces: [String] = []
    var images: [ModelImage] = []
    let content = result["content"]?.array ?? []
    for item in content.prefix(1000) {
      switch item["type"]?.string {
      case "text": pieces.append(item["text"]?.string ?? "")
      case "image": image(item["data"], item["mimeType"], into: &images, or: &pieces)
      case "audio": pieces.append("[a sound (\(word(item["mimeType"]))) is left out]")
      case "resource": resource(item["resource"], into: &images, or: &pieces)
      case "resource_link": pieces.append(link(item))
      default: pieces.append("[content of the type \(word(item["type"])) is left out]")
      }
    }
    if content.count > 1000 { pieces.append("[\(content.count - 1000) further pieces are left out]") }
    // Where there is a text too, it says the same: the protocol asks servers for that.
    if pieces.isEmpty, let value = result["structuredContent"], !value.isNull { pieces.append(value.description) }
    return ToolOutcome(
      bounded(pieces.joined(separator: "\n"), limits.resultBytes), images: images,
      isError: result["isError"]?.bool ?? false)
  }

  private static func word(_ value: JSONValue?) -> String { MCPText.line(value?.string ?? "unknown", 100) }

  private static func image(
    _ data: JSONValue?, _ type: JSONValue?, into images: inout [ModelImage], or pieces: inout [String]
  ) {
    let known = ["image/png", "image/jpeg", "image/gif", "image/webp"]
    guard let data = data?.string, let type = type?.string, known.contains(type), data.utf8.count <= maxImageBytes,
      images.count < maxImages, data.utf8.allSatisfy(isBase64)
    else {
      pieces.append("[a picture (\(word(type))) is left out]")
      return
    }
    images.append(ModelImage(mediaType: type, base64: data))
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): true
    default: false
    }
  }

  private static func resource(_ value: JSONValue?, into images: inout [ModelImage], or pieces: inout [String]) {
    let uri = word(value?["uri"])
    if let text = value?["text"]?.string {
      pieces.append("[\(uri)]\n\(text)")
    } else if value?["mimeType"]?.string?.hasPrefix("image/") == true {
      image(value?["blob"], value?["mimeType"], into: &images, or: &pieces)
    } else {
      pieces.append("[the contents of \(uri) (\(word(value?["mimeType"]))) are left out]")
    }
  }

  private static func link(_ item: JSONValue) -> String {
    let name = item["title"]?.string ?? item["name"]?.string ?? ""
    let description = item["description"]?.string.map { ": " + MCPText.line($0) } ?? ""
    return "[resource \(MCPText.line(name, 100)) \(word(item["uri"]))\(description)]"
  }

  private static func bounded(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    let left = text.utf8.count - limit
    // The end often holds the outcome.
    let head = String(decoding: text.utf8.prefix(limit * 3 / 4), as: UTF8.self)
    let tail = String(decoding: text.utf8.suffix(limit / 4), as: UTF8.self)
    return head + "\n[… \(left) bytes are left out here …]\n" + tail
  }
}
