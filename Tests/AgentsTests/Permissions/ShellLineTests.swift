import Testing

@testable import Agents

@Suite struct ShellLineTests {
  @Test(arguments: [
    ("git status", ["git status"]),
    ("  git   status  ", ["git status"]),
    ("a; b", ["a", "b"]),
    ("a && b || c", ["a", "b", "c"]),
    ("a | b |& c", ["a", "b", "c"]),
    ("a & b", ["a", "b"]),
    ("a &", ["a"]),
    ("a\nb\n", ["a", "b"]),
    ("a ;\n b", ["a", "b"]),
    ("echo 'a; b'", ["echo a; b"]),
    ("echo \"a && b\"", ["echo a && b"]),
    ("echo a\\;b", ["echo a;b"]),
    ("r\"\"m -r'f' x", ["rm -rf x"]),
    ("\\rm x", ["rm x"]),
    ("echo $(rm x)", ["rm x", "echo $(rm x)"]),
    ("echo \"$(rm x)\"", ["rm x", "echo $(rm x)"]),
    ("echo '$(rm x)'", ["echo $(rm x)"]),
    ("echo `rm x`", ["rm x", "echo `rm x`"]),
    ("echo `echo \\`rm x\\``", ["rm x", "echo `rm x`", "echo `echo \\`rm x\\``"]),
    ("diff <(a) <(b c)", ["a", "b c", "diff  "]),
    ("(a; b) && c", ["a", "b", "c"]),
    ("(a; b) > out", ["a", "b"]),
    ("a 2>&1 | b", ["a", "b"]),
    ("a > /dev/null 2>&1", ["a"]),
    ("a &> log", ["a"]),
    ("a >| log", ["a"]),
    ("a < in b", ["a b"]),
    ("a <<< word", ["a"]),
    ("a # rm x", ["a"]),
    ("a#b", ["a#b"]),
    ("! a", ["a"]),
    ("a \\\n b", ["a b"]),
    ("echo ${HOME}", ["echo ${HOME}"]),
    ("ls -la | grep '^d' | wc -l", ["ls -la", "grep ^d", "wc -l"]),
    ("echo \"it's\"", ["echo it's"]),
    ("echo \"a\\\"b\"", ["echo a\"b"]),
    ("X=1 a", ["a"]),
    ("X=1", ["="]),
  ])
  func aLineIsTakenApart(line: String, commands: [String]) throws {
    let shell = try #require(ShellLine(line))
    #expect(shell.commands.map(\.text) == commands)
  }

  @Test(arguments: [
    "for f in *; do rm $f; done", "if true; then rm x; fi", "while :; do a; done", "case a in b) c;; esac",
    "f() { rm x; }", "{ rm x; }", "cat <<EOF\nrm x\nEOF", "echo $((1 + $(rm x)))", "$CMD x", "`which rm` x",
    "$(which rm) x", "echo 'unclosed", "echo \"unclosed", "echo $(unclosed", "echo `unclosed", "(a", "a)", "a ;; b",
    "a;;", "& a", "echo $'\\x72m'", "[[ -f x ]]", "time rm x", "echo ${X:-$(rm x)}", "echo ${X@P", "{rm,-rf,x}", "r* x",
    "a\u{01}b", "a\rb", "exec 3<>/dev/tcp/example.com/80", "\"rm -rf\" x", "echo a > ", "((a++))", "a \\",
  ])
  func whatIsNotUnderstoodIsNotTakenApart(line: String) {
    #expect(ShellLine(line)?.commands.map(\.text) == nil)
  }

  @Test(arguments: [
    "git $X", "git stat*", "git {push,x}", "sudo rm x", "bash -c 'rm x'", "xargs rm", "env X=1 rm x",
    "PATH=. git status",
    "find . -delete", "find . -exec rm {} +", "eval rm x", "./bin/sh x", "timeout 5 rm x", "diff <(a) b", "echo \"$X\"",
  ])
  func whatHidesACommandIsOpaque(line: String) throws {
    #expect(try #require(ShellLine(line)).commands.last?.isOpaque == true)
  }

  @Test(arguments: ["git status", "ls src/a/b/*.swift *.c", "grep -n 'a$' b", "echo '$X'", "find . -name '*.c'"])
  func whatHidesNothingIsNot(line: String) throws {
    #expect(try #require(ShellLine(line)).commands.allSatisfy { !$0.isOpaque || $0.text.hasPrefix("ls") })
  }

  @Test(arguments: [
    ("a > out.txt", "out.txt", true), ("a >> b/out", "b/out", true), ("a > /etc/passwd", "/etc/passwd", false),
    ("a > ../x", "../x", false), ("a > ~/x", "~/x", false), ("a > $X", "$X", false),
    ("a > .git/hooks/x", ".git/hooks/x", false),
    ("a > .agentscript/config.lua", ".agentscript/config.lua", false), ("cd /etc && a > passwd", "passwd", false),
    ("a 2> err", "err", true), ("a &>> err", "err", true), ("a >& err", "err", true),
  ])
  func whatItWritesIsKnown(line: String, path: String, isKnown: Bool) throws {
    let shell = try #require(ShellLine(line))
    #expect(shell.writes == [ShellLine.Target(path: path, isKnown: isKnown)])
  }

  @Test func deepAndLongLinesEnd() {
    #expect(ShellLine(String(repeating: "$(", count: 20_000)) == nil)
    #expect(ShellLine(String(repeating: "echo $(", count: 30) + "a" + String(repeating: ")", count: 30)) == nil)
    #expect(ShellLine(String(repeating: "a;", count: 30_000)) == nil)
    #expect(ShellLine(String(repeating: "a", count: 100_000)) == nil)
  }

  /// Whatever the bytes: it ends, and says the same twice.
  @Test func anyBytesEnd() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("ab '\"\\$`(){}<>|&;#*?=\n/-1".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0..<24, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0x61
      }
      let line = String(decoding: bytes, as: UTF8.self)
      #expect(ShellLine(line)?.commands == ShellLine(line)?.commands)
    }
  }
}
