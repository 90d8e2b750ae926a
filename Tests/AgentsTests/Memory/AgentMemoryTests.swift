import Agents
import Models
import Testing
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct AgentMemoryTests {
  private let folders = RoleFolders()
  private var path: String { folders.home + "/notes/MEMORY.md" }

  @Test func whatIsAddedIsReadAgain() async throws {
    let memory = AgentMemory(path: path)
    #expect(try await memory.read() == nil)
    #expect(try await memory.prompt() == nil)
    try await memory.append("  The tests need a database.\u{1b}[2J\r\n", by: "raya")
    try await memory.append("Second")
    let text = try #require(try await memory.read())
    #expect(text.hasPrefix("## 20"))
    #expect(text.contains("Z raya\n\nThe tests need a database.[2J\n\n## 20"))
    #expect(text.hasSuffix("Z\n\nSecond\n"))
    #expect(try await memory.prompt()?.contains("<memory>\n" + text) == true)
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func aPersonsTextStaysAboveTheEntries() async throws {
    folders.write("home/notes/MEMORY.md", "# Mine\nno newline at the end")
    let memory = AgentMemory(path: path)
    try await memory.append("x")
    #expect(try await memory.read()?.hasPrefix("# Mine\nno newline at the end\n\n## ") == true)
  }

  @Test func aLongMemoryIsReadFromBothEnds() async throws {
    let lines = (0..<10_000).map { "line \($0)" }.joined(separator: "\n") + "\n"
    folders.write("home/notes/MEMORY.md", lines)
    let text = try #require(try await AgentMemory(path: path).read(limit: 4000))
    #expect(text.utf8.count < 4200)
    #expect(text.hasPrefix("line 0\nline 1\n"))
    #expect(text.hasSuffix("line 9999\n"))
    let note = try #require(text.split(separator: "\n").first { $0.hasPrefix("[…") })
    let kept = text.split(separator: "\n").filter { $0.hasPrefix("line ") }.reduce(0) { $0 + $1.utf8.count + 1 }
    #expect(note == "[… \(lines.utf8.count - kept) bytes of \(path) are left out here …]")
  }

  @Test func whatIsTooMuchIsRefusedAndNothingIsLost() async throws {
    var memory = AgentMemory(path: path)
    memory.fileLimit = 200
    try await memory.append("first")
    let before = folders.read("home/notes/MEMORY.md")
    await #expect(throws: MemoryError.self) { try await memory.append(String(repeating: "x", count: 300)) }
    memory.entryLimit = 100
    for text in [String(repeating: "x", count: 101), "", " \n\u{1b}\u{7}"] {
      await #expect(throws: MemoryError.self) { try await memory.append(text) }
    }
    #expect(folders.read("home/notes/MEMORY.md") == before)
  }

  @Test func linksAreNotFollowed() async throws {
    let secret = folders.write("home/secret", "secret")
    folders.write("project/x", "")
    symlink(secret, folders.project + "/MEMORY.md")
    symlink(folders.home, folders.project + "/notes")
    let direct = AgentMemory(path: folders.project + "/MEMORY.md")
    await #expect(throws: MemoryError.self) { try await direct.read() }
    await #expect(throws: MemoryError.self) { try await direct.append("x") }
    let through = AgentMemory(path: folders.project + "/notes/secret", root: folders.project)
    await #expect(throws: MemoryError.self) { try await through.read() }
    await #expect(throws: MemoryError.self) { try await through.append("x") }
    let out = AgentMemory(path: folders.project + "/../home/secret", root: folders.project)
    await #expect(throws: MemoryError.self) { try await out.read() }
    #expect(folders.read("home/secret") == "secret")
    // Without a folder to stay in the user's own links on the way are followed.
    #expect(try await AgentMemory(path: folders.project + "/notes/secret").read() == "secret")
  }

  @Test func aPipeAndAFolderAreNoMemories() async throws {
    mkfifo(folders.home + "/pipe", 0o600)
    for name in ["pipe", ""] {
      let memory = AgentMemory(path: folders.home + "/" + name)
      await #expect(throws: MemoryError.self) { try await memory.read() }
      await #expect(throws: MemoryError.self) { try await memory.append("x") }
    }
  }

  @Test func theToolAddsAndSaysWhatIsWrong() async throws {
    let tool = AgentMemory(path: path).appendTool(by: "raya")
    let context = ToolContext(callID: "1", folder: "/")
    #expect(tool.name == "append_memory")
    #expect(await tool.run(["text": "fact"], context) == ToolOutcome("kept"))
    #expect(folders.read("home/notes/MEMORY.md").hasSuffix("raya\n\nfact\n"))
    #expect(await tool.run(["text": 1], context).isError)
    #expect(await tool.run(["text": ""], context).text.contains("an entry needs a text"))
  }

  @Test func processesAndTasksThatAddAtOnceLoseNothing() async throws {
    let program = try #require(ProbeProgram.path("MemoryProbe"))
    let memory = AgentMemory(path: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for word in ["ant", "bee", "cat"] {
        group.addTask { #expect(await ProbeProgram.run(program, [memory.path, word, "100"]) == 0) }
      }
      for number in 1...100 { group.addTask { try await memory.append("own \(number)") } }
      try await group.waitForAll()
    }
    let lines = folders.read("home/notes/MEMORY.md").split(separator: "\n").map(String.init)
    for word in ["ant", "bee", "cat", "own"] {
      #expect(Set(lines.filter { $0.hasPrefix(word + " ") }) == Set((1...100).map { "\(word) \($0)" }))
    }
    #expect(lines.count == 800)
  }
}
