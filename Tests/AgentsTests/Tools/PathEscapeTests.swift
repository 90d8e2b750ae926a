import Agents
import Synchronization
import Testing
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite(.timeLimit(.minutes(2))) struct PathEscapeTests {
  private let folder = ToolFolder(readable: ["more"])

  init() {
    folder.put("../secret.txt", "secret\n")
    folder.put("../more/notes.txt", "notes\n")
    folder.put("a.txt", "mine\n")
    mkdir(folder.path + "/sub", 0o755)
    symlink("../secret.txt", folder.path + "/link.txt")
    symlink("..", folder.path + "/up")
    symlink("/", folder.path + "/top")
    symlink("a.txt", folder.path + "/inner.txt")
    symlink("../new.txt", folder.path + "/dangling")
    symlink("loop", folder.path + "/loop")
    folder.put(".git/config", "git\n")
    folder.put(".agentscript/config.lua", "state\n")
    folder.put("sub/.AgentScript/x", "state\n")
  }

  private var tools: FileTools { FileTools(folder: folder.path, readable: [folder.outside + "/more"]) }

  @Test(arguments: [
    "../secret.txt", "sub/../../secret.txt", "link.txt", "up/secret.txt", "top/etc/passwd", "/etc/passwd",
    "/proc/self/environ",
    "/dev/zero", "~/.ssh/id_rsa", ".agentscript/config.lua", "./.agentscript/config.lua",
    "sub/../.agentscript/config.lua",
    "sub/.AgentScript/x", "", "a.txt\u{0}", "loop", "a.txt/", "a.txt/b", "../work2/x", "//etc/passwd", "dangling",
    String(repeating: "a/", count: 3000), "more/notes.txt",
  ])
  func noPathLeadsOut(path: String) async {
    let inputs: [(AgentTool, JSONObject)] = [
      (tools.read, ["path": .string(path)]), (tools.grep, ["path": .string(path), "pattern": "."]),
      (tools.edit, ["path": .string(path), "old_string": "secret", "new_string": "x"]),
    ]
    for (tool, input) in inputs {
      let outcome = await folder.call(tool, input)
      #expect(outcome.isError, "\(tool.name)")
      for word in ["secret\n", "root:", "state\n"] { #expect(!outcome.text.contains(word)) }
    }
    #expect(folder.content(folder.outside + "/secret.txt") == "secret\n")
  }

  @Test(arguments: [
    "../new.txt", "up/new.txt", "dangling", ".git/hooks/pre-commit", ".git", ".GIT/config", "sub/.git/config",
    ".agentscript/x",
    "new/.agentscript/x", "/tmp/agentscript-escape", "link.txt", "new/../../new.txt", "sub", ".", "..",
  ])
  func nothingIsWrittenOutsideOrIntoState(path: String) async {
    #expect(await folder.call(tools.write, ["path": .string(path), "content": "x"]).isError)
    #expect(folder.content(folder.outside + "/new.txt") == nil)
    #expect(folder.content(".git/config") == "git\n")
  }

  @Test func whatIsReadableElsewhereIsNotWritable() async {
    let path: JSONValue = .string(folder.outside + "/more/notes.txt")
    #expect(await folder.call(tools.read, ["path": path]).text == "     1\tnotes\n")
    #expect(await folder.call(tools.edit, ["path": path, "old_string": "notes", "new_string": "x"]).isError)
    #expect(folder.content(folder.outside + "/more/notes.txt") == "notes\n")
  }

  @Test func linksWithinTheFolderAreFollowedAndKept() async {
    #expect(await folder.call(tools.read, ["path": "inner.txt"]).text == "     1\tmine\n")
    #expect(
      await folder.call(tools.edit, ["path": "inner.txt", "old_string": "mine", "new_string": "ours"]).isError == false)
    #expect(folder.content("a.txt") == "ours\n")
    var facts = stat()
    lstat(folder.path + "/inner.txt", &facts)
    #expect(facts.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func permissionsSeeWhereALinkLeads() {
    #expect(tools.read.subject(["path": "inner.txt"]) == "a.txt")
    #expect(tools.read.subject(["path": .string(folder.path + "/sub/../a.txt")]) == "a.txt")
    #expect(tools.write.subject(["path": "new/x.txt"]) == "new/x.txt")
    #expect(tools.read.subject(["path": "../secret.txt"]) == "../secret.txt")
  }

  @Test func foldersAndFilesThatAreLinksAreNotWalked() async {
    let found = await folder.call(tools.grep, ["pattern": "."])
    #expect(found.text == "a.txt\n")
  }

  /// Somebody swaps a folder and a link to the outside as fast as possible; nothing of the outside comes in, and nothing goes out.
  @Test func aLinkThatIsSwappedInALoopLeadsNowhere() async {
    folder.put("swap/x.txt", "inside\n")
    folder.put("../victim/x.txt", "canary\n")
    let (path, outside) = (folder.path, folder.outside)
    let flag = SwapFlag()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        while !flag.isOver.load(ordering: .relaxed) {
          rename(path + "/swap", path + "/held")
          symlink(outside + "/victim", path + "/swap")
          sched_yield()
          unlink(path + "/swap")
          rename(path + "/held", path + "/swap")
          sched_yield()
        }
      }
      let tools = tools
      for number in 0..<200 {
        let outcome = await folder.call(tools.read, ["path": "swap/x.txt"])
        #expect(!outcome.text.contains("canary"))
        _ = await folder.call(tools.write, ["path": .string("swap/new-\(number).txt"), "content": "mine"])
        let found = await folder.call(tools.grep, ["pattern": "canary", "path": "."])
        #expect(!found.text.contains("swap"))
      }
      flag.isOver.store(true, ordering: .relaxed)
    }
    let victim = FileTools(folder: outside + "/victim")
    #expect(await folder.call(victim.glob, ["pattern": "**"]).text == "x.txt\n")
    #expect(folder.content(outside + "/victim/x.txt") == "canary\n")
  }
}

private final class SwapFlag: Sendable {
  let isOver = Atomic(false)
}
