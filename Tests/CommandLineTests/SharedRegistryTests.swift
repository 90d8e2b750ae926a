import Foundation
import Jobs
import Testing

/// Jobs as people name them, and several processes that look at one registry while another writes it.
@Suite struct SharedRegistryTests {
  @Test func aJobIsFoundByIdBeginningAndName() async throws {
    let program = Program()
    let sample = try SampleJobs(program.state)
    try await sample.ended("build-a1b2c3-1") { $0.name = "build all" }
    try await sample.ended("build-a1b2c3-12") { $0.name = "build all" }
    try await sample.ended("lint-a1b2c3-3") { $0.name = "lint" }
    try await sample.ended("lint-d4e5f6-1") { $0.name = "lint" }
    #expect(try shownID(program, "build-a1b2c3-1") == "build-a1b2c3-1", "a whole id comes before a beginning")
    #expect(try shownID(program, "lint-a") == "lint-a1b2c3-3")
    #expect(try shownID(program, "lint") == "lint-d4e5f6-1", "a name means the newest")
    #expect(try shownID(program, "build all") == "build-a1b2c3-12", "a name may be what no id can be")
    let several = program.run("show", "build-")
    #expect(several.errors == "agentscript: 'build-' begins 2 ids: build-a1b2c3-12, build-a1b2c3-1\n")
    #expect(several.code == 1)
    let unknown = program.run("show", "biuld")
    #expect(unknown.errors == "agentscript: there is no job 'biuld'; did you mean build-a1b2c3-12?\n")
    #expect(unknown.code == 1)
    let far = program.run("show", "zebra")
    #expect(far.errors == "agentscript: there is no job 'zebra'; 'agentscript jobs --all' lists all\n")
    #expect(program.run("show", "../etc").code == 2)
  }

  private func shownID(_ program: Program, _ word: String) throws -> String? {
    let result = program.run("show", word, "--json")
    guard result.code == 0 else {
      Issue.record("show \(word): \(result.errors)")
      return nil
    }
    return try JSONDecoder().decode(JobRecord.self, from: Data(result.output)).id.rawValue
  }

  @Test func aLogIsReadOnWhereTheLastLookEnded() async throws {
    struct Part: Decodable { let next: Int, text: String }
    let program = Program()
    let sample = try SampleJobs(program.state)
    let (state, file) = try await sample.running("log", output: "first\n")
    let first = try JSONDecoder().decode(Part.self, from: Data(program.run("logs", "log", "--json").output))
    #expect(first.text.hasSuffix("first\n"))
    try file.append(Array("second\n".utf8))
    let words = ["logs", "log", "--json", "--since", "\(first.next)"]
    #expect(try JSONDecoder().decode(Part.self, from: Data(program.start(words)().output)).text == "second\n")
    try await sample.end(state, file, .completed(exitCode: 0))
  }

  @Test func followingEndsWithTheJobAndMissesNothing() async throws {
    let program = Program()
    let sample = try SampleJobs(program.state)
    let (state, file) = try await sample.running("log", output: "0\n")
    let following = program.start(["logs", "-f", "log"])
    let matching = program.start(["logs", "-f", "log", "--match", "^[0-9]*7$"])
    for number in 1...200 { try file.append(Array("\(number)\n".utf8)) }
    let record = try await sample.end(state, file, .completed(exitCode: 0))
    let bytes = try #require(FileManager.default.contents(atPath: record.outputFile ?? ""))
    let all = following()
    #expect(all.output == Array(bytes))
    #expect(all.code == 0)
    #expect(matching().text == (0...200).filter { $0 % 10 == 7 }.map { "\($0)\n" }.joined())
  }

  @Test func severalProcessesWaitForTheSameJob() async throws {
    let program = Program()
    let sample = try SampleJobs(program.state)
    let (state, file) = try await sample.running("slow")
    let waiting = (1...3).map { _ in program.start(["wait", "slow", "--json"]) }
    // They look on while this process writes.
    for number in 1...20 { try await sample.ended("other-\(number)") }
    try await sample.end(state, file, .completed(exitCode: 0))
    for end in waiting {
      let result = end()
      #expect(result.code == 0)
      #expect(result.errors.isEmpty)
      struct Result: Decodable { let id: String, status: String }
      let list = try JSONDecoder().decode([Result].self, from: Data(result.output))
      #expect(list.map(\.status) == ["completed"])
    }
  }
}
