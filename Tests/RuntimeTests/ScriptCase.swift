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
///     -- mock: answers.json                           (beside the script; answers for all models)
struct ScriptCase: Sendable, CustomTestStringConvertible {
  enum Source: Sendable {
    case file(String)
    case text(String)
  }

  let topic: String
  let name: String
  let source: Source
  var exitCode: Int32 = 0
  var expectedOutput: [String] = []
  /// What stands behind `-->`: it is printed, with whatever white space.
  var expectedPrints: [String] = []
  var expectedTalk: [String] = []
  var unexpectedTalk: [String] = []
  var options: [String] = []
  var arguments: [String] = []
  /// The file of a mock's script.
  var mock: String?

  var testDescription: String { "\(topic): \(name)" }

  init(topic: String, name: String, source: Source) {
    self.topic = topic
    self.name = name
    self.source = source
    let text =
      switch source {
      case .file(let path): TestFile.text(path)
      case .text(let text): text
      }
    for line in text.split(separator: "\n") {
      if case .text = source, let arrow = line.firstRange(of: "-->") {
        expectedPrints.append(ScriptCase.collapsed(line[arrow.upperBound...]))
      }
      guard line.hasPrefix("--"), let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      switch line[line.index(line.startIndex, offsetBy: 2)..<colon].drop(while: { $0 == " " }) {
      case "expect-exit": exitCode = Int32(value) ?? -1
      case "expect-stdout": expectedOutput.append(String(value))
      case "expect-stderr": expectedTalk.append(String(value))
      case "expect-no-stderr": unexpectedTalk.append(String(value))
      case "options": options = value.split(separator: " ").map(String.init)
      case "mock":
        if case .file(let path) = source {
          mock = path[...(path.lastIndex(of: "/") ?? path.startIndex)] + String(value)
        }
      case "arguments": arguments = value.split(separator: " ").map(String.init)
      default: break
      }
    }
  }

  private static func collapsed(_ text: some StringProtocol) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The repository's folder.
  static let repository = String(#filePath.dropLast("/Tests/RuntimeTests/ScriptCase.swift".count))

  static let all: [ScriptCase] = {
    let folder = repository + "/Tests/RuntimeTests/Scripts"
    return TestFile.names(in: folder).sorted().flatMap { topic in
      TestFile.names(in: "\(folder)/\(topic)").filter { $0.hasSuffix(".lua") }.sorted().map { file in
        let name = String(file.dropLast(4).map { $0 == "_" ? " " : $0 })
        return ScriptCase(topic: topic, name: name, source: .file("\(folder)/\(topic)/\(file)"))
      }
    }
  }()
}

extension ScriptCase {
  /// Runs it in the program, in an empty folder of its own, and compares.
  func check() throws {
    let folder = try ScratchFolder(), sources = try ScratchFolder()
    let path =
      switch source {
      case .file(let path): path
      case .text(let text): try sources.write(text, to: "example.lua")
      }
    defer { withExtendedLifetime(sources) {} }
    let way = options.isEmpty ? [] : ["run"] + options
    var environment = ["AGENTSCRIPT_HOME": folder.path + "/.agentscript", "NO_COLOR": "1"]
    if let mock { environment["AGENTSCRIPT_MOCK"] = mock }
    let run = try ProgramRun(
      [ProgramRun.agentscript] + way + [path] + arguments, in: folder.path, environment: environment)
    #expect(run.exitCode == exitCode, "\(run.talk)")
    for text in expectedOutput { #expect(run.output.contains(text)) }
    for text in expectedPrints { #expect(ScriptCase.collapsed(run.output).contains(text)) }
    for text in expectedTalk { #expect(run.talk.contains(text), "\(run.talk)") }
    for text in unexpectedTalk { #expect(!run.talk.contains(text)) }
  }
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
