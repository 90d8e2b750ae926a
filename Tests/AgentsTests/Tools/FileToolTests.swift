import Agents
import Testing
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite(.timeLimit(.minutes(2))) struct FileToolTests {
  private let folder = ToolFolder()
  private var tools: FileTools { folder.tools }

  // MARK: read

  @Test func linesComeWithTheirNumbers() async {
    folder.put("a.txt", "one\ntwo\r\n\nfour")
    let outcome = await folder.call(tools.read, ["path": "a.txt"])
    #expect(outcome == ToolOutcome("     1\tone\n     2\ttwo\n     3\t\n     4\tfour\n"))
  }

  @Test func aPartOfAFileSaysHowToGoOn() async {
    folder.put("a.txt", (1...10).map { "line \($0)\n" }.joined())
    let outcome = await folder.call(tools.read, ["path": "a.txt", "offset": 4, "limit": 2])
    #expect(
      outcome.text == "     4\tline 4\n     5\tline 5\n(more follows: go on with offset 6; the file has 71 bytes)\n")
    let rest = await folder.call(tools.read, ["path": "a.txt", "offset": 9])
    #expect(rest.text == "     9\tline 9\n    10\tline 10\n")
    let beyond = await folder.call(tools.read, ["path": "a.txt", "offset": 11])
    #expect(beyond.text == "('a.txt' has 10 lines, and no line 11)")
  }

  @Test func longLinesAndLongFilesAreCut() async {
    folder.put("a.txt", String(repeating: "x", count: 200_000) + "\nend\n")
    let outcome = await folder.call(tools.read, ["path": "a.txt"])
    #expect(outcome.text.utf8.count < 2200)
    #expect(outcome.text.hasSuffix("… (198000 bytes more)\n     2\tend\n"))
    folder.put("b.txt", String(repeating: "a line of text\n", count: 60_000))
    let long = await folder.call(tools.read, ["path": "b.txt", "limit": 100_000])
    #expect(long.text.utf8.count <= 32_000)
    #expect(long.text.contains("(more follows: go on with offset "))
  }

  @Test func whatIsNoTextIsRefusedWithItsKind() async {
    folder.put("a.png", [0x89, 0x50, 0x4E, 0x47, 0, 0])
    folder.put("b.bin", [1, 0, 2])
    folder.put("c.txt", [])
    #expect(
      await folder.call(tools.read, ["path": "a.png"]).text == "'a.png' is no text: it is a PNG picture of 6 bytes")
    #expect(await folder.call(tools.read, ["path": "b.bin"]).text == "'b.bin' is no text: it is binary data of 3 bytes")
    #expect(await folder.call(tools.read, ["path": "c.txt"]) == ToolOutcome("('c.txt' is empty)"))
    #expect(await folder.call(tools.read, ["path": "."]).text == "'.' is a folder")
    #expect(await folder.call(tools.read, ["path": "none"]).text == "there is no 'none'")
    mkfifo(folder.path + "/pipe", 0o644)
    #expect(await folder.call(tools.read, ["path": "pipe"]).text == "'pipe' is a pipe, and no regular file")
  }

  @Test func bytesThatAreNoUTF8AreRepaired() async {
    folder.put("a.txt", [0x61, 0xFF, 0x62, 0x0A])
    #expect(await folder.call(tools.read, ["path": "a.txt"]).text == "     1\ta\u{FFFD}b\n")
  }

  // MARK: glob and grep

  private func plant() {
    folder.put("src/a.swift", "let a = 1\nlet b = 2\n")
    folder.put("src/deep/b.swift", "func b() {}\n")
    folder.put("src/c.txt", "let c = 3\n")
    folder.put("build/out.swift", "let a = 9\n")
    folder.put("src/x.log", "let log = 1\n")
    folder.put("src/keep.log", "let keep = 1\n")
    folder.put(".git/config", "let git = 1\n")
    folder.put(".agentscript/config.lua", "let secret = 1\n")
    folder.put(".gitignore", "# comment\n/build/\n*.log\n!keep.log\n")
    folder.put("data.bin", Array("let a".utf8) + [0])
  }

  @Test(arguments: [
    ("*.swift", ["src/a.swift", "src/deep/b.swift"]), ("**/*.swift", ["src/a.swift", "src/deep/b.swift"]),
    ("src/*.swift", ["src/a.swift"]), ("src/**/b.swift", ["src/deep/b.swift"]),
    ("src/**", ["src/a.swift", "src/c.txt", "src/deep/b.swift", "src/keep.log"]),
    ("*.{txt,log}", ["src/c.txt", "src/keep.log"]), ("src/[a-b].*", ["src/a.swift"]), ("src/[!a].txt", ["src/c.txt"]),
    ("src/?.txt", ["src/c.txt"]), ("config*", []), ("*.{a,{swift,c}}", ["src/a.swift", "src/deep/b.swift"]),
  ])
  func filesAreFoundByPatterns(pattern: String, expected: [String]) async {
    plant()
    let outcome = await folder.call(tools.glob, ["pattern": .string(pattern)])
    let found = outcome.text == "(no file fits)" ? [] : outcome.text.split(separator: "\n").map(String.init).sorted()
    #expect(found == expected)
  }

  @Test func newestFilesComeFirst() async {
    for (name, time) in [("old", 1000), ("new", 3000), ("middle", 2000)] {
      folder.put(name, "x")
      var times = [timespec(tv_sec: time, tv_nsec: 0), timespec(tv_sec: time, tv_nsec: 0)]
      utimensat(AT_FDCWD, folder.path + "/" + name, &times, 0)
    }
    #expect(await folder.call(tools.glob, ["pattern": "*"]).text == "new\nmiddle\nold\n")
    #expect(
      await folder.call(tools.glob, ["pattern": "*", "limit": 1]).text
        == "new\n(2 older files more; narrow the pattern or the path)\n")
  }

  @Test func linesAreFound() async {
    plant()
    let files = await folder.call(tools.grep, ["pattern": "^let [a-z]+ ="])
    #expect(files.text == "src/a.swift\nsrc/c.txt\nsrc/keep.log\n")
    let lines = await folder.call(tools.grep, ["pattern": "LET B", "ignore_case": true, "output_mode": "content"])
    #expect(lines.text == "src/a.swift:2:let b = 2\n")
    let counts = await folder.call(tools.grep, ["pattern": "let", "output_mode": "count", "glob": "*.swift"])
    #expect(counts.text == "src/a.swift:2\n")
    let one = await folder.call(tools.grep, ["pattern": "c", "path": "src/c.txt", "output_mode": "content"])
    #expect(one.text == "src/c.txt:1:let c = 3\n")
    #expect(await folder.call(tools.grep, ["pattern": "nothing"]).text == "(no line fits)")
    let wrong = await folder.call(tools.grep, ["pattern": "(a"])
    #expect(wrong.isError && wrong.text.contains("is not closed"))
  }

  @Test func linesComeWithThoseAroundThem() async {
    folder.put("a.txt", (1...20).map { "\($0)\n" }.joined())
    let outcome = await folder.call(
      tools.grep, ["pattern": "^(5|6|15)$", "output_mode": "content", "context": 1, "path": "a.txt"])
    let expected = ["-4-4", ":5:5", ":6:6", "-7-7", "--", "-14-14", ":15:15", "-16-16"]
    #expect(outcome.text == expected.map { $0 == "--" ? "--\n" : "a.txt\($0)\n" }.joined())
  }

  @Test func theNumberOfLinesIsBounded() async {
    folder.put("a.txt", String(repeating: "match\n", count: 50_000))
    let outcome = await folder.call(tools.grep, ["pattern": "m", "output_mode": "content", "limit": 3])
    #expect(outcome.text.hasPrefix("a.txt:1:match\na.txt:2:match\na.txt:3:match\n(there may be more"))
    let all = await folder.call(tools.grep, ["pattern": "m", "output_mode": "content", "limit": 2000])
    #expect(all.text.utf8.count <= 32_000)
  }

  @Test func whatPermissionsHideIsNotFound() async {
    plant()
    folder.put(".env", "let key = 1\n")
    let hidden: @Sendable (String) -> Bool = { $0 != ".env" && $0 != "src/deep" }
    let files = await folder.call(tools.grep, ["pattern": "let|func"], maySee: hidden)
    #expect(files.text == "src/a.swift\nsrc/c.txt\nsrc/keep.log\n")
    let inputs: [(AgentTool, JSONObject)] = [
      (tools.read, ["path": ".env"]), (tools.grep, ["path": "src/../.env", "pattern": "."]),
      (tools.edit, ["path": ".env", "old_string": "let kee = 1", "new_string": ""]),
    ]
    for (tool, input) in inputs {
      let outcome = await folder.call(tool, input, maySee: hidden)
      #expect(outcome == .failure("permission denied: '.env' may not be read"))
    }
  }

  // MARK: edit and write

  @Test func aTextThatIsThereOnceIsReplaced() async {
    folder.put("a.sh", "one\ntwo\nthree\n")
    chmod(folder.path + "/a.sh", 0o754)
    let outcome = await folder.call(tools.edit, ["path": "a.sh", "old_string": "two", "new_string": "2\n2"])
    #expect(outcome == ToolOutcome("changed 'a.sh' at line 2"))
    #expect(folder.content("a.sh") == "one\n2\n2\nthree\n")
    var facts = stat()
    stat(folder.path + "/a.sh", &facts)
    #expect(facts.st_mode & 0o777 == 0o754)
  }

  @Test func aTextThatIsThereMoreOftenNeedsMoreWords() async {
    folder.put("a.txt", "x = 1\ny = 1\nx = 1\n")
    let outcome = await folder.call(tools.edit, ["path": "a.txt", "old_string": "x = 1", "new_string": "x = 2"])
    #expect(outcome.isError)
    #expect(outcome.text.hasPrefix("old_string is 2 times in 'a.txt', at lines 1, 3"))
    let all = await folder.call(
      tools.edit, ["path": "a.txt", "old_string": "x = 1", "new_string": "x = 2", "replace_all": true])
    #expect(all.text == "changed 'a.txt' in 2 places: lines 1, 3")
    #expect(folder.content("a.txt") == "x = 2\ny = 1\nx = 2\n")
  }

  @Test func aTextThatIsNotThereShowsTheNearestLines() async {
    folder.put("a.txt", "func f() {\n\treturn 1\n}\n")
    let spaces = await folder.call(tools.edit, ["path": "a.txt", "old_string": "  return 1", "new_string": "return 2"])
    #expect(
      spaces.text
        == "old_string is not in 'a.txt': the spaces or line ends differ; nearest are the lines from 2 on:\n\treturn 1")
    let similar = await folder.call(tools.edit, ["path": "a.txt", "old_string": "func g() {", "new_string": "x"])
    #expect(similar.text == "old_string is not in 'a.txt'; nearest are the lines from 1 on:\nfunc f() {")
    let none = await folder.call(tools.edit, ["path": "a.txt", "old_string": "zzzzzzzz", "new_string": "x"])
    #expect(none.text == "old_string is not in 'a.txt', nor anything like it: read the file")
  }

  @Test func lineEndsAreKept() async {
    folder.put("a.txt", "one\r\ntwo\r\nthree\r\n")
    let outcome = await folder.call(tools.edit, ["path": "a.txt", "old_string": "one\ntwo", "new_string": "1\n2"])
    #expect(!outcome.isError)
    #expect(folder.content("a.txt") == "1\r\n2\r\nthree\r\n")
  }

  @Test func aFileThatChangedSinceItWasReadIsNotOverwritten() async {
    folder.put("a.txt", "one\n")
    _ = await folder.call(tools.read, ["path": "a.txt"])
    folder.put("a.txt", "one and more\n")
    let inputs: [(AgentTool, JSONObject)] = [
      (tools.edit, ["path": "a.txt", "old_string": "one", "new_string": "1"]),
      (tools.write, ["path": "a.txt", "content": "new"]),
    ]
    for (tool, input) in inputs {
      let outcome = await folder.call(tool, input)
      #expect(outcome == .failure("'a.txt' has been changed since you read it: read it again first"))
    }
    _ = await folder.call(tools.read, ["path": "a.txt"])
    #expect(await folder.call(tools.edit, ["path": "a.txt", "old_string": "one", "new_string": "1"]).isError == false)
    #expect(await folder.call(tools.edit, ["path": "a.txt", "old_string": "1", "new_string": "2"]).isError == false)
    #expect(folder.content("a.txt") == "2 and more\n")
  }

  @Test func aFileIsMadeWithItsFolders() async {
    let outcome = await folder.call(tools.write, ["path": "x/y/z.txt", "content": "a\nb"])
    #expect(outcome == ToolOutcome("made 'x/y/z.txt': 2 lines, 3 bytes"))
    #expect(folder.content("x/y/z.txt") == "a\nb")
    let again = await folder.call(tools.write, ["path": "./x/y/../y/z.txt", "content": ""])
    #expect(again == ToolOutcome("replaced 'x/y/z.txt': 0 lines, 0 bytes"))
  }

  @Test func aFileThatWasNotReadIsNotReplaced() async {
    folder.put("a.txt", "precious")
    let outcome = await folder.call(tools.write, ["path": "a.txt", "content": "x"])
    #expect(outcome == .failure("'a.txt' exists, and you have not read it: read it before you replace it"))
    #expect(folder.content("a.txt") == "precious")
  }

  @Test func nothingIsLeftBehindWhenWritingFails() async {
    folder.put("d/a.txt", "x")
    mkdir(folder.path + "/d/target", 0o755)
    #expect(await folder.call(tools.write, ["path": "d/target", "content": "y"]).isError)
    let found = await folder.call(tools.glob, ["pattern": "**"])
    #expect(found.text == "d/a.txt\n")
  }

  @Test func argumentsOfTheWrongKindAreRefused() async {
    for tool in tools.all {
      let inputs: [JSONObject] = [[:], ["path": 5, "pattern": .null, "content": [], "old_string": [:]]]
      for input in inputs {
        #expect(await folder.call(tool, input).isError, "\(tool.name)")
      }
    }
  }
}
