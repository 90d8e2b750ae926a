/// A job's result as a page of Markdown for people.
struct ResultText {
  /// The page.
  let bytes: [UInt8]

  /// The page of an ended job; `excerpt` is its output, or the beginning and end of it.
  init(record: JobRecord, excerpt: [UInt8]) {
    var text = "# \(ResultText.line(record.description ?? record.name ?? record.id.rawValue))\n\n"
    text += "**\(record.status.rawValue)**"
    if let reason = record.reason, reason != .ok { text += " (\(reason.rawValue))" }
    if let duration = record.durationMs { text += " after \(ResultText.seconds(duration))" }
    text += "\n\n"
    if let error = record.error { text += "\(ResultText.line(error))\n\n" }
    func item(_ name: String, _ value: String?) {
      if let value { text += "- \(name): \(ResultText.line(value))\n" }
    }
    item("job", record.id.rawValue)
    item("run", record.run.rawValue)
    item("agent", record.agent)
    item("model", record.model)
    item("command", record.command)
    item("folder", record.cwd)
    item("asked for at", record.origin)
    item("exit code", record.exitCode.map(String.init))
    item("signal", record.signal.map(String.init))
    if record.attempts > 1 { item("attempts", String(record.attempts)) }
    item("started", record.startedAt?.description)
    item("ended", record.completedAt?.description)
    item("output file", record.outputFile)
    if let data = record.data { text += ResultText.block(title: "Data", Array(data.text.utf8), language: "json") }
    var bytes = Array(text.utf8)
    if !excerpt.isEmpty { bytes += ResultText.blockBytes(title: "Output", excerpt, language: "") }
    self.bytes = bytes
  }

  /// One line: control characters would end a list item, or an escape sequence reach a terminal.
  private static func line(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }

  private static func seconds(_ milliseconds: Int) -> String {
    let tenths = milliseconds / 100
    return milliseconds < 1000 ? "\(milliseconds) ms" : "\(tenths / 10).\(tenths % 10) s"
  }

  private static func block(title: String, _ content: [UInt8], language: String) -> String {
    String(decoding: blockBytes(title: title, content, language: language), as: UTF8.self)
  }

  /// The fence is longer than any run of backticks inside, so that no content can close it.
  private static func blockBytes(title: String, _ content: [UInt8], language: String) -> [UInt8] {
    var longest = 0
    var run = 0
    for byte in content {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    var bytes = Array("\n## \(title)\n\n\(fence)\(language)\n".utf8)
    bytes += content
    if content.last != 0x0A { bytes.append(0x0A) }
    return bytes + Array("\(fence)\n".utf8)
  }
}
