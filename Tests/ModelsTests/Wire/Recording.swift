import FoundationEssentials
import Testing

@testable import Models

/// One exchange as it was recorded from a server: lines `### …` tell of the request, then the answer's head and body follow.
struct Recording: CustomStringConvertible, Sendable {
  let name: String
  let status: Int
  let headers: HTTPHeaders
  let body: [UInt8]

  var description: String { name }
  var format: WireFormat { name.contains("/msg_") ? .anthropic : .chat }
  var decoder: ReplyDecoder { ReplyDecoder(format, contentType: headers["content-type"]) }

  /// All recordings of answers to messages.
  static let all: [Recording] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Recorded").standardized
    return ["fakellm", "llamacpp", "llmock"].flatMap { peer in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: peer).path)) ?? []
      return names.filter { $0.hasPrefix("chat_") || $0.hasPrefix("msg_") }.sorted().compactMap { name in
        let bytes = try? Data(contentsOf: folder.appending(path: "\(peer)/\(name)"))
        return bytes.map { Recording("\(peer)/\(name)", [UInt8]($0)) }
      }
    }
  }()

  static let streams = all.filter { $0.status == 200 }

  static func named(_ name: String) throws -> Recording { try #require(all.first { $0.name == name }) }

  private init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    var rest = bytes[...]
    func line() -> [UInt8] {
      let line = rest.prefix { $0 != 0x0A }
      rest = rest.dropFirst(line.count + 1)
      return Array(line.last == 0x0D ? line.dropLast() : line)
    }
    var first = line()
    while first.starts(with: "###".utf8) { first = line() }
    status = Int(String(decoding: first, as: UTF8.self).split(separator: " ")[1]) ?? 0
    var headers = HTTPHeaders()
    while case let field = line(), !field.isEmpty {
      let pieces = String(decoding: field, as: UTF8.self).split(separator: ":", maxSplits: 1)
      headers.add(String(pieces[0]), pieces.count > 1 ? String(pieces[1].drop { $0 == " " }) : "")
    }
    self.headers = headers
    var body = Array(rest)
    for mark in ["\n### curl exit", "curl: ("] {
      if let end = body.firstRange(of: Array(mark.utf8)) { body.removeSubrange(end.lowerBound...) }
    }
    self.body = body
  }
}

/// What came of feeding bytes to a decoder.
struct Decoded: Hashable {
  var events: [ModelEvent] = []
  var reply: ModelReply?
  var error: ProviderError?
  var wasComplete = false
  var couldEnd = false

  init(_ decoder: ReplyDecoder, _ pieces: some Sequence<ArraySlice<UInt8>>) {
    var decoder = decoder
    do throws(ProviderError) {
      for piece in pieces { try decoder.feed(Array(piece), into: &events) }
      wasComplete = decoder.isComplete
      couldEnd = decoder.mayEnd
      reply = try decoder.finish(into: &events)
    } catch { self.error = error }
  }

  init(_ format: WireFormat, _ text: String, contentType: String? = "text/event-stream") {
    self.init(ReplyDecoder(format, contentType: contentType), [Array(text.utf8)[...]])
  }

  /// Events with the pieces of one text put together, for answers that come in other pieces.
  var text: String { events.reduce(into: "") { text, event in if case .text(let words) = event { text += words } } }
}
