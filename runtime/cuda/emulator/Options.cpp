#include "emulator/Options.h"

#include "emulator/Diagnostics.h"
#include "emulator/Races.h"

#include <cctype>
#include <cstdlib>
#include <cstring>

namespace alexc::emulator {

static const char *value(const char *name) {
  const char *text = getenv(name);
  return text && *text ? text : nullptr;
}

static bool isNumber(const char *text) {
  return isdigit(static_cast<unsigned char>(*text)) && strlen(text) <= 18 &&
         text[strspn(text, "0123456789")] == 0;
}

static size_t number(const char *name, size_t least, size_t most, size_t otherwise) {
  const char *text = value(name);
  if (!text)
    return otherwise;
  size_t result = isNumber(text) ? strtoull(text, nullptr, 10) : most + 1;
  if (result < least || result > most)
    fail("%s: expected a number from %zu to %zu, got %s", name, least, most, text);
  return result;
}

/// The index of the variable's word in `words` (ended by null); a number gives `seed` and -1.
static int choice(const char *name, const char *const *words, uint64_t *seed,
                  const char *expected) {
  const char *text = value(name);
  if (!text)
    return 0;
  for (int i = 0; words[i]; ++i)
    if (!strcmp(text, words[i]))
      return i;
  if (!seed || !isNumber(text))
    fail("%s: expected %s, got %s", name, expected, text);
  *seed = strtoull(text, nullptr, 10);
  return -1;
}

static bool isOn(const char *name) {
  const char *const words[] = {"on", "off", nullptr};
  return choice(name, words, nullptr, "on or off") == 0;
}

static void readOrders(Options &result) {
  const char *const orders[] = {"forward", "reverse", nullptr};
  int order =
      choice("ALEXC_EMULATOR_ORDER", orders, &result.orderSeed, "forward, reverse or a number");
  result.order = order == 0 ? Order::Forward : order == 1 ? Order::Reverse : Order::Random;
  const char *const streams[] = {"eager", nullptr};
  uint64_t seed = 0;
  if (choice("ALEXC_EMULATOR_STREAMS", streams, &seed, "eager or a number") < 0)
    result.streamSeed = seed;
  const char *const copies[] = {"late", "eager", nullptr};
  result.eagerCopies = choice("ALEXC_EMULATOR_COPIES", copies, nullptr, "late or eager") == 1;
}

static Options readOptions() {
  Options result{};
  readOrders(result);
  result.workers = static_cast<unsigned>(number("ALEXC_EMULATOR_WORKERS", 1, 256, 1));
  result.devices = static_cast<unsigned>(number("ALEXC_EMULATOR_DEVICES", 1, maxDevices, 2));
  result.peers = isOn("ALEXC_EMULATOR_PEERS");
  result.failingWait = number("ALEXC_EMULATOR_FAIL", 0, 1u << 30, 0);
  // reports of ThreadSanitizer are made on the stack of the fiber
  size_t stack = racesAreDetected() ? 256 * 1024 : 16 * 1024;
  result.stackBytes = number("ALEXC_EMULATOR_STACK", 4096, 64 << 20, stack) & ~size_t(63);
  result.protect = isOn("ALEXC_EMULATOR_PROTECT") && !racesAreDetected();
  const char *const poison[] = {"on", "off", "trap", nullptr};
  int chosen = choice("ALEXC_EMULATOR_POISON", poison, nullptr, "on, off or trap");
  result.poison = chosen != 1;
  result.trap = chosen == 2 && !racesAreDetected();
  return result;
}

const Options &options() {
  static const Options result = readOptions();
  return result;
}

} // namespace alexc::emulator
