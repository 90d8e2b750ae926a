import Jobs
import WireText

/// JSON on standard output: a list of texts that are JSON each, or one.
enum JSONOutput {
  /// Writes one value.
  static func write(_ json: String) throws(StandardStream.WriteError) {
    try StandardStream.output.write(TerminalText.json(json) + "\n")
  }

  /// Writes a list of values, which may be none.
  static func write(list: [String]) throws(StandardStream.WriteError) {
    guard !list.isEmpty else { return try write("[]") }
    let indented = list.map { item in
      item.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
    }
    try write("[\n" + indented.joined(separator: ",\n") + "\n]")
  }

  /// A job's result with its output, as the script sees it. What is no UTF-8 becomes U+FFFD.
  static func result(_ job: JobRecord, output: [UInt8]) -> String {
    let fields = job.resultJSON(pretty: true)
    guard let end = fields.lastIndex(of: "}") else { return fields }
    let head = fields[..<end].reversed().drop { $0.isWhitespace }.reversed()
    return String(head) + ",\n  \"output\": \(JSONWriter.quoted(String(decoding: output, as: UTF8.self)))\n}"
  }
}
