import Glibc
import Testing

/// A test script: Scripts/<topic>/<case>.lua. Comment lines at its head say what is expected of it beside exit code 0:
///
///     -- expect-exit: 1
///     -- expect-stdout: text that is there            (any number of these)
///     -- expect-stderr: text that is there
///     -- expect-no-stderr: text that is not there
///     -- options: --max-concurrency 2                 (of `agentscript run`)
///     -- arguments: one two
struct ScriptCase: Sendable, CustomTestStringConvertible {
  let topic: String
  let name: String
  let path: String
  var exitCode: Int32 = 0
  var expectedOutput: [String] = []
  var expectedTalk: [String] = []
  var unexpectedTalk: [String] = []
  var options: [String] = []
  var arguments: [String] = []

  var testDescription: String { "\(topic): \(name)" }

  init(topic: String, file: String, in folder: String) {
    self.topic = topic
    name = String(file.dropLast(4).map { $0 == "_" ? " " : $0 })
    path = "\(folder)/\(topic)/\(file)"
    for line in TestFile.text(path).split(separator: "\n") {
      guard line.hasPrefix("--"), let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      switch line[line.index(line.startIndex, offsetBy: 2)..<colon].drop(while: { $0 == " " }) {
      case "expect-exit": exitCode = Int32(value) ?? -1
      case "expect-stdout": expectedOutput.append(String(value))
      case "expect-stderr": expectedTalk.append(String(value))
      case "expect-no-stderr": unexpectedTalk.append(String(value))
      case "options": options = value.split(separator: " ").map(String.init)
      case "arguments": arguments = value.split(separator: " ").map(String.init)
      default: break
      }
    }
  }

  /// The repository's folder.
  static let repository = String(#filePath.dropLast("/Tests/RuntimeTests/ScriptCase.swift".count))

  static let all: [ScriptCase] = {
    let folder = repository + "/Tests/RuntimeTests/Scripts"
    return TestFile.names(in: folder).sorted().flatMap { topic in
      TestFile.names(in: "\(folder)/\(topic)").filter { $0.hasSuffix(".lua") }.sorted().map { file in
        ScriptCase(topic: topic, file: file, in: folder)
      }
    }
  }()
}

/// Small files and folders of the tests.
enum TestFile {
  static func text(_ path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk[..<count]
    }
  }

  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}
