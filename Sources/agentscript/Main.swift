import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Decides between the two ways in. Scripts take the short one, which opens and parses nothing but the script.
@main
struct Main {
  static func main() {
    Inheritance.settle()
    let argv = CommandLine.arguments
    if argv.count == 3, argv[1] == DetachedRunner.word { ScriptEntry.run(.runner(stateFolder: argv[2])) }
    switch CommandWord.meaning(of: argv.dropFirst().first) {
    case .command: exit(Commands.run(Array(argv.dropFirst())))
    case .later: exit(fail(.notThereYet(command: argv[1])))
    case .interpreter:
      do throws(UsageError) {
        ScriptEntry.run(try LuaArguments.parse(argv) { isatty(STDIN_FILENO) == 1 })
      } catch {
        exit(fail(error))
      }
    }
  }

  private static func fail(_ error: UsageError) -> Int32 {
    StandardStream.error.talk("agentscript: \(error.message)\n")
    return ExitStatus.usage.rawValue
  }
}
