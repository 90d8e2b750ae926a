internal import CProcess

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// All that is said about a process before it starts, and the start itself.
///
/// The process leads a session of its own, so that no signal of a terminal and no job control reaches it, and gets no
/// descriptor but the three that are named.
struct ProcessSpawn: Sendable {
  /// A started process that is not reaped.
  struct Child: Sendable, Hashable {
    let pid: pid_t
    /// Names the process as long as it is open; -1 where the system has no such descriptors. Whoever reaps closes it.
    let descriptor: Int32
  }

  /// Why there is no process.
  struct Failure: Error, Hashable {
    /// What could not be done.
    enum Step: Hashable { case start, directory, descriptors, terminal, limits, group, confinement, execution }

    let step: Step
    let number: Int32
  }

  /// The program; a relative path is taken from the folder it runs in.
  var path: String
  /// Its name first.
  var arguments: [String]
  /// `NAME=VALUE` with a zero byte behind each.
  var environment: [[UInt8]]
  /// Where it runs; nil for where this process is.
  var directory: String?
  var input: Int32
  var output: Int32
  var error: Int32
  /// Standard input is a terminal, and becomes the controlling one.
  var hasTerminal = false
  /// An open `cgroup.procs`, or -1.
  var group: Int32 = -1
  var limits: [cprocess_limit] = []
  /// How much likelier than ours the kernel should choose it when memory runs out.
  var badness: Int32 = 0
  /// Descriptors that it keeps, under the same numbers.
  var kept: [Int32] = []
  /// How it is confined, by Landlock; nil for not at all.
  var confinement: (ruleset: Int32, flags: UInt32)?

  /// Starts the process. It shares our memory until its program begins, so this returns then, or when it has failed.
  func start() throws(Failure) -> Child {
    var child = cprocess_child()
    let number = withOrder { cprocess_spawn($0, &child) }
    guard number == 0 else { throw Failure(step: Failure.Step(child.step), number: number) }
    return Child(pid: child.pid, descriptor: child.descriptor)
  }

  private func withOrder(_ body: (UnsafePointer<cprocess_order>) -> Int32) -> Int32 {
    let words = TextBlock(arguments.map { Array($0.utf8) + [0] })
    let variables = TextBlock(environment)
    return path.withCString { path in
      withOptionalCString(directory) { directory in
        words.withPointers { words in
          variables.withPointers { variables in
            limits.withUnsafeBufferPointer { limits in
              var order = cprocess_order()
              order.path = path
              order.arguments = words
              order.environment = variables
              order.directory = directory
              order.input = input
              order.output = output
              order.error = error
              order.has_terminal = hasTerminal ? 1 : 0
              order.cgroup = group
              order.limits = limits.baseAddress
              order.limit_count = Int32(limits.count)
              order.badness = badness
              order.is_confined = confinement == nil ? 0 : 1
              order.ruleset = confinement?.ruleset ?? -1
              order.confinement = confinement?.flags ?? 0
              return kept.withUnsafeBufferPointer { kept in
                order.kept = kept.baseAddress
                order.kept_count = Int32(kept.count)
                return body(&order)
              }
            }
          }
        }
      }
    }
  }

  private func withOptionalCString(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Int32) -> Int32 {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
  }
}

extension ProcessSpawn.Child {
  /// How a process ended.
  enum End: Hashable { case exited(Int), signalled(Int) }

  /// Whether it has ended.
  var hasEnded: Bool { cprocess_has_ended(pid) != 0 }

  /// Waits for the end and reaps the process: its number may belong to another one afterwards.
  func reap() -> End {
    var code: Int32 = -1
    var signal: Int32 = 0
    let failure = cprocess_reap(pid, &code, &signal)
    precondition(failure == 0, "process \(pid) was reaped by somebody else: \(SystemMessage.text(failure))")
    if descriptor >= 0 { close(descriptor) }
    return signal > 0 ? .signalled(Int(signal)) : .exited(Int(code))
  }
}

extension ProcessSpawn.Failure.Step {
  fileprivate init(_ step: cprocess_step) {
    self =
      switch step {
      case CPROCESS_DIRECTORY: .directory
      case CPROCESS_DESCRIPTORS: .descriptors
      case CPROCESS_TERMINAL: .terminal
      case CPROCESS_LIMITS: .limits
      case CPROCESS_CGROUP: .group
      case CPROCESS_CONFINEMENT: .confinement
      case CPROCESS_EXECUTION: .execution
      default: .start
      }
  }
}

/// Several texts in one block of memory, as C wants lists of them.
private struct TextBlock {
  private var bytes: [UInt8] = []
  private var offsets: [Int] = []

  /// The texts, each with its zero byte.
  init(_ texts: [[UInt8]]) {
    bytes.reserveCapacity(texts.reduce(0) { $0 + $1.count })
    for text in texts {
      offsets.append(bytes.count)
      bytes += text
    }
  }

  func withPointers(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32) -> Int32 {
    bytes.withUnsafeBytes { bytes in
      // The callee only reads: C's signature for these lists has no const for historical reasons.
      let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
      var pointers = offsets.map { base?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
      pointers.append(nil)
      return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
  }
}
