#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The right to move a checkout, which one run of ours has at a time.
///
/// `git merge` looks at HEAD first and changes it last: of two that run at once, one writes its files and then fails, and
/// the checkout looks changed to its user.
struct CheckoutTurn: ~Copyable {
  private let descriptor: Int32

  /// Waits until nobody else has it, for ten seconds or so; nil if somebody still does then. A folder that cannot be opened
  /// is as one that nobody wants: git itself will say what is wrong with it.
  static func take(_ folder: String) async -> CheckoutTurn? {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return CheckoutTurn(descriptor: -1) }
    var patience = GitPatience()
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR {
      guard let pause = patience.next() else {
        close(descriptor)
        return nil
      }
      await Git.sleep(pause)
    }
    return CheckoutTurn(descriptor: descriptor)
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
