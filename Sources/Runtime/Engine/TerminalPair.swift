internal import CProcess
import Dispatch
import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A terminal for a command that insists on one: the command holds one end, we the other, and copy what it writes into its
/// output file.
///
/// It does not echo, and leaves line ends as they are; 120 columns by 40 lines. What is to be read is put in at once, and
/// then its end (Ctrl-D); a program that reads in raw mode sees that as a byte.
final class TerminalPair: Sendable {
  /// The command's end; whoever starts the command closes it then.
  let commandEnd: Int32
  private let ourEnd: Int32
  private let output: Int32
  private let isOver = DispatchSemaphore(value: 0)

  /// A terminal whose output goes to the end of the file.
  init(_ file: OutputFile, input: [UInt8]) throws(SystemCallError) {
    var ours: Int32 = -1
    var theirs: Int32 = -1
    let failure = cprocess_open_terminal(&ours, &theirs)
    guard failure == 0 else { throw SystemCallError(call: "openpt", path: "/dev/ptmx", number: failure) }
    let output = open(file.path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC)
    guard output >= 0 else {
      let number = errno
      for descriptor in [ours, theirs] { close(descriptor) }
      throw SystemCallError(call: "open", path: file.path, number: number)
    }
    TerminalPair.prepare(theirs)
    (ourEnd, commandEnd, self.output) = (ours, theirs, output)
    put(input)
    OwnThread.start { [self] in copy() }
  }

  private static func prepare(_ terminal: Int32) {
    var modes = termios()
    guard tcgetattr(terminal, &modes) == 0 else { return }
    modes.c_lflag &= ~tcflag_t(ECHO)
    modes.c_oflag &= ~tcflag_t(ONLCR)
    tcsetattr(terminal, TCSANOW, &modes)
    var size = winsize(ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
  }

  private func put(_ input: [UInt8]) {
    // An end in the middle of a line only hands the line over: a second one is needed to end the input.
    let ends: [UInt8] = input.isEmpty || input.last == 0x0A ? [4] : [4, 4]
    let bytes = input + ends
    OwnThread.start { [self] in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(ourEnd, $0.baseAddress, $0.count) }
        if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
      }
    }
  }

  /// Copies until nobody holds the command's end any more.
  private func copy() {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(ourEnd, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      var done = 0
      while done < count {
        let written = buffer.withUnsafeBytes { write(output, $0.baseAddress! + done, count - done) }
        // A full disk: the command goes on, and its output is lost from here on, as it would be for its own writes.
        if written > 0 { done += written } else if errno != EINTR { break }
      }
    }
    close(output)
    isOver.signal()
  }

  /// Waits until what the command wrote is in the file, a quarter of a second at most: others may still hold its end. Hangs
  /// the terminal up then.
  func finish() {
    _ = isOver.wait(timeout: .now() + .milliseconds(250))
    close(ourEnd)
  }
}
