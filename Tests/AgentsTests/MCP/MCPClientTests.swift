import Agents
import Models
import Testing
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Each test starts processes of its own; they are quick.
@Suite struct MCPClientTests {
  private let told = Told()

  private func client(_ server: MCPServerSpec, _ change: (inout MCPLimits) -> Void = { _ in }) -> MCPClient {
    var limits = MCPLimits()
    limits.start = .seconds(20)
    change(&limits)
    return MCPClient(
      server, identity: MCPIdentity(name: "tests", version: "1"), limits: limits, note: told.tell,
      open: MCPTestServer.open)
  }

  private func with(
    _ server: MCPServerSpec, _ change: (inout MCPLimits) -> Void = { _ in },
    _ body: (MCPClient) async throws -> Void
  ) async throws {
    let client = client(server, change)
    do { try await body(client) } catch {
      await client.close()
      throw error
    }
    await client.close()
  }

  private func failure(_ body: () async throws -> Void) async -> MCPError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? MCPError
    }
  }

  // MARK: The official SDK

  @Test(arguments: ["2.3.0", "1.23.3"]) func aServerOfTheOfficialSDKIsUsed(_ version: String) async throws {
    guard let python = MCPTestServer.python(sdk: version) else {
      print("skipped: the MCP SDK \(version) is not installed (make setup-tests)")
      return
    }
    try await with(MCPTestServer.official(python)) { (client) async throws in
      let infos = try await client.start()
      #expect(infos.map(\.publicName) == ["mcp__demo__add", "mcp__demo__boom", "mcp__demo__slow", "mcp__demo__dot"])
      #expect(infos[0].description == "Adds two numbers.")
      #expect(infos[0].schema["properties"]?["a"]?["type"]?.string == "integer")
      #expect(try await client.call("add", ["a": 1, "b": 2]) == ToolOutcome("3"))
      #expect(try await client.call("boom", [:]).isError)
      #expect(try await client.call("add", ["a": "x"]).isError)
      let steps = Told()
      let tool = try #require(client.tools().first { $0.name == "mcp__demo__slow" })
      #expect(tool.kind == .other)
      let context = ToolContext(callID: "1", folder: "/", tell: steps.tell)
      #expect(await tool.run(["steps": 3, "pause": 0], context) == ToolOutcome("done"))
      #expect(steps.sentences.first?.hasPrefix("step 1 (1/3)") == true)
      let dot = try await client.call("dot", [:])
      #expect(dot.images == [ModelImage(mediaType: "image/png", base64: "iVBORw0KGgo=")])
      // Cancelled in the middle of a call; the server goes on with others.
      let call = Task { try await client.call("slow", ["steps": 100, "pause": 1000], tell: steps.tell) }
      while steps.sentences.count < 2 { try await Task.sleep(for: .milliseconds(10)) }
      call.cancel()
      await #expect(throws: MCPError.self) { try await call.value }
      #expect(try await client.call("add", ["a": 5, "b": 6]) == ToolOutcome("11"))
    }
    #expect(told.sentences.isEmpty)
  }

  // MARK: Both eras

  @Test(arguments: [
    MCPTestServer.hostile("old"), MCPTestServer.hostile("new"), MCPTestServer.hostile("both"),
    MCPTestServer.hostile("new", "late"), MCPTestServer.hostile("old", "late"),
    MCPTestServer.hostile("old", "ignores_discover"), MCPTestServer.hostile("old", "dies_of_discover"),
    MCPTestServer.hostile("old", "other_version"),
  ]) func eachEraIsFound(_ server: MCPServerSpec) async throws {
    try await with(server, { $0.probe = .milliseconds(300) }) { (client) async throws in
      #expect(try await client.start().count == 19)
      #expect(try await client.call("echo", ["a": ["b": 1]]) == ToolOutcome("{\"a\": {\"b\": 1}}"))
    }
  }

  @Test(arguments: [
    (MCPTestServer.hostile("new", "ignores_discover"), "Method not found"),
    (MCPTestServer.hostile("new", "other_version"), "it speaks 2031-01-01"),
    (MCPTestServer.hostile("old", "ancient"), "'1999-01-01'"),
    (MCPTestServer.hostile("old", "stillborn"), "has ended: cannot open the cheese"),
    (MCPTestServer.hostile("old", "mute"), "did not answer within"),
    (MCPServerSpec(name: "none", command: ["/nonexistent/server"]), "cannot be started"),
  ]) func whatCannotBegunIsTold(_ server: MCPServerSpec, _ words: String) async throws {
    try await with(
      server,
      {
        $0.probe = .milliseconds(200)
        $0.start = .seconds(2)
      }
    ) { (client) async throws in
      let error = await failure { try await client.start() }
      #expect(error?.sentence.contains(words) == true, "\(String(describing: error))")
    }
  }

  // MARK: Misdeeds

  @Test func garbageIsToldAndTheAnswerBehindItCounts() async throws {
    try await with(MCPTestServer.hostile("new")) { (client) async throws in
      #expect(try await client.call("garbage", [:]) == ToolOutcome("after the garbage"))
    }
    #expect(told.sentences.first?.contains("a line that is no message (1 so far): Listening on port 8080") == true)
    #expect(!told.sentences.joined().contains("\u{1b}"))
  }

  @Test func aServerThatWritesOnlyGarbageIsEnded() async throws {
    try await with(MCPTestServer.hostile("old")) { (client) async throws in
      let error = await failure { _ = try await client.call("flood", [:]) }
      #expect(error?.sentence.contains("1000 lines that are no messages") == true)
      #expect(try await client.call("echo", [:]) == ToolOutcome("{}"))
    }
  }

  @Test func aMessageThatIsTooLongFailsItsCallOnly() async throws {
    try await with(MCPTestServer.hostile("new")) { (client) async throws in
      try await client.start()
      async let other = client.call("slow", ["steps": 3, "pause": 500])
      let error = await failure { _ = try await client.call("huge", [:]) }
      #expect(error?.sentence.contains("more than 16 MiB") == true)
      #expect(try await other == ToolOutcome("done"))
    }
  }

  @Test func aServerThatDiesIsStartedAgainByTheNextCall() async throws {
    try await with(MCPTestServer.hostile("new")) { (client) async throws in
      let first = try await client.call("pid", [:]).text
      let tool = try #require(client.tools().first { $0.name == "mcp__hostile__die" })
      let outcome = await tool.run([:], ToolContext(callID: "1", folder: "/"))
      #expect(outcome.isError)
      #expect(outcome.text.contains("has ended: fatal: out of \u{FFFD}[31mcheese"))
      let second = try await client.call("pid", [:]).text
      #expect(first != second)
      #expect(Int32(second) != nil)
    }
  }

  @Test func aServerThatDiesOfEachCallIsNotStartedForEver() async throws {
    try await with(MCPTestServer.hostile("new")) { (client) async throws in
      for _ in 0...3 { _ = await failure { _ = try await client.call("die", [:]) } }
      let error = await failure { _ = try await client.call("echo", [:]) }
      #expect(error?.sentence.contains("was started 4 times in vain") == true)
      #expect(error?.sentence.contains("cheese") == true)
    }
  }

  @Test func deathFailsAllCallsThatWait() async throws {
    try await with(MCPTestServer.hostile("new")) { (client) async throws in
      try await client.start()
      async let silent = failure { _ = try await client.call("silent", [:]) }
      async let another = failure { _ = try await client.call("silent", [:]) }
      try await Task.sleep(for: .milliseconds(200))
      _ = await failure { _ = try await client.call("die", [:]) }
      #expect(await silent?.kind == .ended)
      #expect(await another?.kind == .ended)
    }
  }

  @Test func silenceEndsACallAndProgressKeepsItAlive() async throws {
    try await with(MCPTestServer.hostile("new"), { $0.call = .milliseconds(700) }) { (client) async throws in
      let error = await failure { _ = try await client.call("silent", [:]) }
      #expect(error?.kind == .timedOut)
      #expect(error?.sentence == "the MCP server 'hostile' did not answer within 700.0 ms, without a word")
      // Three steps of half a second each.
      let steps = Told()
      #expect(try await client.call("slow", ["steps": 4, "pause": 400], tell: steps.tell) == ToolOutcome("done"))
      #expect(steps.sentences.first == "step\u{FFFD}[2J 1 (1/3)")
      let cancelled = try await client.call("cancelled", [:]).text
      #expect(cancelled.utf8.split(separator: UInt8(ascii: ",")).count == 1)
      #expect(cancelled != "[]")
    }
  }

  @Test func progressDoesNotKeepACallAliveForEver() async throws {
    try await with(
      MCPTestServer.hostile("new"),
      {
        $0.call = .milliseconds(500)
        $0.longestCall = .seconds(1)
      }
    ) { (client) async throws in
      let error = await failure { _ = try await client.call("slow", ["steps": 50, "pause": 100]) }
      #expect(error?.sentence.hasSuffix("did not answer within 1 s, for all its progress") == true)
    }
  }

  @Test func aCancelledCallEndsAtOnceAndTheServerHearsIt() async throws {
    try await with(MCPTestServer.hostile("old")) { (client) async throws in
      try await client.start()
      let call = Task { try await client.call("silent", [:]) }
      try await Task.sleep(for: .milliseconds(100))
      let start = ContinuousClock.now
      call.cancel()
      await #expect(throws: MCPError.self) { try await call.value }
      #expect(ContinuousClock.now - start < .seconds(5))
      #expect(try await client.call("cancelled", [:]).text == "[4]")
      // One that is cancelled before it begins.
      let early = Task {
        while !Task.isCancelled { await Task.yield() }
        return try await client.call("echo", [:])
      }
      early.cancel()
      await #expect(throws: MCPError.self) { try await early.value }
      #expect(try await client.call("echo", [:]) == ToolOutcome("{}"))
    }
  }

  @Test func wrongIDsAreNobodysAnswers() async throws {
    try await with(MCPTestServer.hostile("new")) { (client) async throws in
      #expect(try await client.call("wrong_ids", [:]) == ToolOutcome("right"))
      #expect(try await client.call("echo", [:]) == ToolOutcome("{}"))
    }
  }

  @Test func theServersOwnQuestionsAreRefusedAndItsPingAnswered() async throws {
    try await with(MCPTestServer.hostile("old")) { (client) async throws in
      let text = try await client.call("asks", [:]).text
      let answers = try #require(try JSONReader.read(text).array)
      #expect(answers.map { $0["id"]?.string } == ["s0", "s1", "s2", "s3"])
      #expect(answers[0]["result"] == [:])
      for answer in answers.dropFirst() { #expect(answer["error"]?["code"]?.integer == -32601) }
    }
  }

  // MARK: Results

  @Test func eachKindOfContentFindsItsPlace() async throws {
    try await with(MCPTestServer.hostile("new")) { (client) async throws in
      let outcome = try await client.call("pictures", [:])
      #expect(outcome.images == [ModelImage(mediaType: "image/png", base64: "iVBORw0KGgo=")])
      #expect(
        outcome.text == """
          one
          [a picture (image/png) is left out]
          [a picture (image/tiff) is left out]
          [a sound (audio/wav) is left out]
          [file:///a.txt]
          inside
          [the contents of file:///b.bin (application/x) are left out]
          [resource c file:///c: the third]
          [content of the type hologram is left out]
          [content of the type unknown is left out]
          """)
      #expect(try await client.call("fails", [:]) == .failure("it did not work"))
      #expect(try await client.call("structured", [:]) == ToolOutcome("{\"b\":[1,2.5]}"))
      let refused = await failure { _ = try await client.call("error", [:]) }
      #expect(refused?.kind == .refused(code: -32602))
      #expect(refused?.sentence.contains("bad \u{FFFD}[2Jarguments (-32602)") == true)
      #expect(await failure { _ = try await client.call("type", [:]) }?.sentence.contains("'task'") == true)
    }
  }

  // MARK: Lists

  @Test func descriptionsAndNamesAreMadeFit() async throws {
    var server = MCPTestServer.hostile("new", "escapes")
    server.name = "my server"
    try await with(server) { (client) async throws in
      let infos = try await client.start()
      #expect(Set(infos.map(\.publicName)).count == infos.count)
      for info in infos {
        #expect(info.publicName.utf8.count <= 64)
        #expect(info.publicName.hasPrefix("mcp__my_server_"))
        let isLegal = info.publicName.utf8.allSatisfy { byte in
          Array("_-".utf8).contains(byte) || (48...57).contains(byte) || (65...90).contains(byte)
            || (97...122).contains(byte)
        }
        #expect(isLegal, "\(info.publicName)")
        #expect(info.description.unicodeScalars.count <= 2001)
        #expect(!info.description.contains("\u{1b}") && !info.description.contains("\u{202e}"))
      }
      let names = infos.map(\.name)
      #expect(names.filter { $0 == "a.b" }.count == 1)
      #expect(names.contains("a b") && names.contains("bare"))
      #expect(!names.contains("big") && !names.contains("") && !names.contains("list"))
      #expect(infos.first { $0.name == "bare" }?.schema["type"]?.string == "object")
    }
    #expect(told.sentences.contains { $0.contains("'a.b' is listed twice") })
    #expect(told.sentences.contains { $0.contains("'big' is left out") })
  }

  @Test func tenThousandToolsAreTooMany() async throws {
    try await with(MCPTestServer.hostile("old", "many")) { (client) async throws in
      #expect(try await client.start().count == 512)
      #expect(client.tools().count == 512)
    }
    #expect(told.sentences.map { $0.hasSuffix("only its first 512 tools are taken") } == [true])
  }

  @Test func pagesAreFollowedToTheirEnd() async throws {
    try await with(MCPTestServer.hostile("new", "pages", "many"), { $0.tools = 40 }) { (client) async throws in
      #expect(try await client.start().count == 40)
    }
    try await with(MCPTestServer.hostile("new", "endless")) { (client) async throws in
      #expect(try await client.start().map(\.name) == ["echo", "garbage"])
    }
  }

  @Test func onlyToolsThatAreWantedAreTaken() async throws {
    var server = MCPTestServer.hostile("new")
    server.tools = ["s*", "die"]
    try await with(server) { (client) async throws in
      #expect(try await client.start().map(\.name) == ["die", "silent", "slow", "structured"])
    }
  }

  @Test(arguments: ["old", "new"]) func aListThatChangesIsAskedForAnew(_ era: String) async throws {
    try await with(MCPTestServer.hostile(era)) { (client) async throws in
      try await client.start()
      #expect(try await client.call("changes", [:]) == ToolOutcome("changed"))
      var names = client.tools().map(\.name)
      for _ in 0..<500 where !names.contains("mcp__hostile__fresh") {
        try await Task.sleep(for: .milliseconds(10))
        names = client.tools().map(\.name)
      }
      #expect(names.count == 4 && names.contains("mcp__hostile__fresh"))
    }
  }

  // MARK: Many callers

  @Test func manyCallersShareOneServer() async throws {
    try await with(MCPTestServer.hostile("new")) { (client) async throws in
      let pids = await withTaskGroup(of: String?.self) { group in
        for _ in 0..<50 { group.addTask { try? await client.call("pid", [:]).text } }
        return await group.reduce(into: [String?]()) { $0.append($1) }
      }
      #expect(pids.count == 50)
      #expect(Set(pids).count == 1)
      #expect(pids[0] != nil)
    }
  }

  @Test func aClosedClientStaysClosed() async throws {
    let client = client(MCPTestServer.hostile("new"))
    try await client.start()
    async let waiting = failure { _ = try await client.call("silent", [:]) }
    try await Task.sleep(for: .milliseconds(100))
    await client.close()
    #expect(await waiting?.sentence == "the MCP server 'hostile' is closed")
    #expect(await failure { _ = try await client.call("echo", [:]) }?.sentence == "the MCP server 'hostile' is closed")
    await client.close()
  }

  @Test func aClientIsClosedWhileItsServerKeepsItWaiting() async throws {
    let client = client(MCPTestServer.hostile("new", "mute"))
    async let waiting = failure { try await client.start() }
    try await Task.sleep(for: .milliseconds(300))
    let start = ContinuousClock.now
    await client.close()
    #expect(await waiting?.sentence == "the MCP server 'hostile' is closed")
    #expect(ContinuousClock.now - start < .seconds(10))
  }
}
