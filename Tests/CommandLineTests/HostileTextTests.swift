import Foundation
import Jobs
import Testing

@testable import agentscript

/// What others wrote, on every surface of the commands, through a real terminal and through a pipe.
@Suite struct HostileTextTests {
  @Test func nothingThatATerminalActsOnIsShown() async throws {
    let program = Program()
    let sample = try SampleJobs(program.state)
    for (index, attack) in TerminalTextTests.attacks.enumerated() {
      let text = String(decoding: attack.bytes, as: UTF8.self)
      try await sample.ended(
        "a\(index)", .failed(.exitNonzero, error: "error \(text)", exitCode: 1),
        describe: { job in
          job.name = "name \(text)"
          job.description = "description \(text)"
          job.command = "command \(text)"
        }, output: text)
    }
    let ids = TerminalTextTests.attacks.indices.map { "a\($0)" }
    for words in [["jobs", "--all"], ["jobs", "--all", "--json"], ["wait"] + ids, ["show", "a0", "--json"]] {
      check(program.start(words)().output, ofOurs: false, "\(words[0]) through a pipe")
    }
    // As a person runs it: `script` gives the program a terminal.
    let onTerminal = "exec script -qec \"$0 $*\" /dev/null"
    for words in [["jobs", "--all"], ["wait"] + ids, ["results"] + ids] {
      check(program.start(words, through: onTerminal)().output, ofOurs: true, "\(words[0]) on a terminal")
    }
    for id in ids {
      check(program.start(["show", id])().output, ofOurs: false, "show \(id)")
    }
    for id in ids.shuffled().prefix(10) {
      check(program.start(["logs", id], through: onTerminal)().output, ofOurs: true, "logs \(id) on a terminal")
    }
  }

  /// The same for what surrounds models: agents, prices, routes, the configuration and what is to be trusted.
  @Test func nothingOfAModelsWorldActsOnTheTerminalEither() async throws {
    let program = Program()
    let sample = try SampleJobs(program.state)
    var agents = "return { agents = {\n"
    for (index, attack) in TerminalTextTests.attacks.enumerated() {
      let text = String(decoding: attack.bytes, as: UTF8.self)
      var outcome = JobOutcome.completed()
      var usage = JobUsage()
      usage.addCall(
        model: "mine/\(text)", inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, cost: nil)
      outcome.usage = usage
      try await sample.ended("a\(index)", outcome, describe: { $0.agent = text })
      // What is no text, or empty, is refused there.
      let literal = ("x" + text).utf8.filter { $0 != 0 }.map { "\\" + String(Int($0) + 1000).dropFirst() }.joined()
      agents += "  a\(index) = { description = \"\(literal)\", system = \"\(literal)\", model = \"\(literal)\" },\n"
    }
    try FileManager.default.createDirectory(
      atPath: program.folder + "/.config/agentscript", withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    try FileManager.default.createDirectory(
      atPath: program.folder + "/project/.agentscript", withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    for path in [".config/agentscript/config.lua", "project/.agentscript/config.lua"] {
      program.write(path, agents + "} }\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: program.folder + "/" + path)
    }
    let first = String(decoding: TerminalTextTests.attacks[0].bytes, as: UTF8.self)
    let surfaces: [[String]] = [
      ["costs"], ["costs", "--by", "agent"], ["costs", "--by", "job", "--json"], ["agents"], ["agents", "--json"],
      ["agents", "show", "a0"], ["agents", "show", "a1", "--json"], ["config", "--explain"], ["config", "--json"],
      ["trust", "--show"], ["route", "--explain", first], ["route", "--model", first, "x"], ["show", "a0"],
    ]
    for words in surfaces {
      let folder = ["costs", "show"].contains(words[0]) ? "" : "cd project && unset AGENTSCRIPT_HOME && "
      for isOnTerminal in [false, true] {
        // `script` gives the program a terminal; its words go through a shell once more.
        let run =
          isOnTerminal
          ? #"SHELL=$(command -v bash) exec script -qec "$(printf "%q " "$0" "$@")" /dev/null"# : #""$0" "$@" 2>&1"#
        let result = program.start(words, through: "exec bash -c '\(folder)\(run)' \"$0\" \"$@\"")()
        // A model that is not known; and nobody has a key here.
        #expect(result.code == (words[0] == "route" ? 1 : 0), "\(words): \(result.text.prefix(300))")
        check(result.output, ofOurs: isOnTerminal, "\(words) \(isOnTerminal ? "on a terminal" : "through a pipe")")
      }
    }
  }

  /// Nothing but printable text, line ends and, with `ofOurs`, the colours that the program itself sets.
  private func check(_ output: [UInt8], ofOurs: Bool, _ surface: String) {
    var text = String(decoding: output, as: UTF8.self)
    #expect(Array(text.utf8) == output, "\(surface): not UTF-8")
    #expect(!output.isEmpty, "\(surface): nothing")
    if ofOurs {
      text = text.replacingOccurrences(of: "\r\n", with: "\n")
      text = text.replacing(/\x1B\[[0-9;]{1,4}m/, with: "")
    }
    let dangerous = text.unicodeScalars.filter { $0 != "\n" && TerminalText.isDangerous($0) }
    #expect(dangerous.isEmpty, "\(surface): \(dangerous.map { String($0.value, radix: 16) })")
  }

  @Test func aReaderThatGoesAwayEndsTheProgramQuietly() async throws {
    let program = Program()
    let sample = try SampleJobs(program.state)
    let output = String(repeating: "a line of a long output\n", count: 50_000)
    for number in 1...5 { try await sample.ended("job-\(number)", output: output) }
    for words in [["logs", "job-1"], ["jobs", "--json"], ["results", "job-1", "job-2"], ["jobs"]] {
      let result = program.start(words, through: "\"$0\" \"$@\" | head -1")()
      #expect(result.code == 0, "\(words)")
      #expect(result.errors.isEmpty, "\(words)")
      #expect(result.text.split(separator: "\n").count == 1, "\(words)")
    }
    let full = program.start(["logs", "job-1"], through: "\"$0\" \"$@\" > /dev/full")()
    #expect(full.errors == "agentscript: cannot write the output: no space left on device\n")
    #expect(full.code == 1)
  }
}
