//===- CudaText.cpp - pieces of C++ text that are safe to print ----------------===//

#include "codegen/cuda/CudaText.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Format.h"
#include <charconv>
#include <climits>
#include <cmath>

using namespace alexc;
using llvm::StringRef;

static constexpr size_t columns = 100;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// Keywords of C++20, names of CUDA, and what headers define as macros or use as
/// global functions that a kernel calls.
static constexpr StringRef reservedNames =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
    "char32_t class compl concept const consteval constexpr constinit const_cast continue co_await "
    "co_return co_yield decltype default delete do double dynamic_cast else enum explicit export "
    "extern false float for friend goto if inline int long mutable namespace new noexcept not "
    "not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires "
    "return short signed sizeof static static_assert static_cast struct switch template this "
    "thread_local throw true try typedef typeid typename union unsigned using virtual void "
    "volatile "
    "wchar_t while xor xor_eq "
    "threadIdx blockIdx blockDim gridDim warpSize dim3 float2 float4 int2 int4 uint2 uint4 char2 "
    "char4 uchar4 cudaError_t cudaStream_t int8_t uint8_t int16_t uint16_t int32_t uint32_t "
    "int64_t uint64_t size_t "
    "min max fmaf fmaxf fminf sqrtf fabsf make_float2 make_float4 make_int2 make_int4 make_uint2 "
    "make_uint4 NULL EOF INFINITY NAN HUGE_VAL BUFSIZ RAND_MAX M_PI M_E assert errno stdin stdout "
    "stderr linux unix i386 near far major minor I complex signbit isnan isinf std alexc main args "
    "stream smem fma launch splat2 splat4 load2 load4 store2 store4 cp_async4 cp_async16 "
    "cp_async4_zfill cp_async16_zfill cp_async_commit cp_async_wait mma_bf16 mma_tf32 to_tf32 "
    "pack_bf16 "
    "ldmatrix ldmatrix_trans ";

static bool isReserved(StringRef name) {
  return reservedNames.contains((" " + name + " ").str()) || name.starts_with("ALEXC_") ||
         name.starts_with("ALEXRT_") || name.starts_with("cuda");
}

std::string alexc::cudaIdentifier(StringRef name) {
  std::string result;
  for (char c : name.take_front(200)) {
    bool isPlain = llvm::isAlnum(c);
    if (!isPlain && (result.empty() || result.back() == '_'))
      continue; // two underscores, or one in front, belong to the compiler
    result += isPlain ? c : '_';
    if (result.size() == 40)
      break;
  }
  while (!result.empty() && result.back() == '_')
    result.pop_back();
  if (result.empty() || llvm::isDigit(result.front()))
    result.insert(0, "v");
  return isReserved(result) ? result + "_" : result;
}

bool NameScopes::isTaken(StringRef name) const {
  return llvm::any_of(scopes, [&](const llvm::StringSet<> &scope) { return scope.contains(name); });
}

std::string NameScopes::declare(StringRef wanted) {
  std::string name = wanted.str();
  for (unsigned number = 2; isTaken(name); ++number)
    name = (wanted + (llvm::isDigit(wanted.back()) ? "_" : "") + llvm::Twine(number)).str();
  scopes.back().insert(name);
  return name;
}

std::string NameScopes::declareCounter() {
  for (char letter : StringRef("ijklmn"))
    if (!isTaken(StringRef(&letter, 1)))
      return declare(StringRef(&letter, 1));
  return declare("i");
}

std::string NameScopes::declareTemporary() { return declare("t" + std::to_string(temporaries++)); }

//===----------------------------------------------------------------------===//
// Comments and literals
//===----------------------------------------------------------------------===//

/// The number of the character that `text` begins with, which is taken off. A byte
/// that begins no character stands for itself.
static unsigned takeCharacter(StringRef &text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.begin()), *at = begin;
  llvm::UTF32 character = 0;
  auto result = llvm::convertUTF8Sequence(&at, reinterpret_cast<const llvm::UTF8 *>(text.end()),
                                          &character, llvm::strictConversion);
  bool isValid = result == llvm::conversionOK;
  if (!isValid)
    character = *begin;
  text = text.drop_front(isValid ? at - begin : 1);
  return character;
}

std::string alexc::commentText(StringRef text) {
  std::string result;
  llvm::raw_string_ostream out(result);
  while (!text.empty()) {
    bool isTrigraph = text.starts_with("?") && result.size() && result.back() == '?';
    unsigned character = takeCharacter(text);
    if (character >= 0x20 && character < 0x7f && character != '\\' && !isTrigraph)
      out << static_cast<char>(character);
    else
      out << llvm::format("<U+%02X>", character);
  }
  return result;
}

/// Whether a statement may go on in the next line behind text[space]: after a
/// comma or an operator with two operands.
static bool isBreak(StringRef text, size_t space) {
  if (StringRef(",;").contains(text[space - 1]))
    return true;
  return space >= 2 && StringRef("+-*/%=?:<>|&^").contains(text[space - 1]) &&
         text.take_front(space - 1).rtrim("<>=&|!").ends_with(" ");
}

/// The last of the outermost places to break `text` before `room` characters.
static size_t findBreak(StringRef text, size_t room) {
  size_t best = StringRef::npos;
  int depth = 0, bestDepth = INT_MAX;
  for (size_t i = 0; i < text.size() && i <= room; ++i) {
    depth += StringRef("([{").contains(text[i]) - StringRef(")]}").contains(text[i]);
    if (text[i] != ' ' || i < room / 2 || !isBreak(text, i) || depth > bestDepth)
      continue;
    best = i;
    bestDepth = depth;
  }
  return best;
}

/// Prints `text`, broken at the places that `find` finds where a line would pass
/// column 100, or else at any space. Each line begins with `first`, the later ones
/// with `next`.
static void printBroken(llvm::raw_ostream &out, StringRef text, StringRef first, StringRef next,
                        llvm::function_ref<size_t(StringRef, size_t)> find) {
  StringRef prefix = first;
  while (prefix.size() + text.size() > columns) {
    size_t room = columns - std::min(columns - 1, prefix.size());
    size_t space = find(text, room);
    if (space == StringRef::npos)
      space = text.take_front(room + 1).rfind(' ');
    if (space == StringRef::npos || space == 0)
      space = text.find(' ', 1);
    if (space == StringRef::npos)
      break;
    out << prefix << text.take_front(space) << "\n";
    text = text.drop_front(space + 1);
    prefix = next;
  }
  out << prefix << text << "\n";
}

void alexc::printComment(llvm::raw_ostream &out, StringRef text, unsigned indent) {
  std::string prefix = std::string(indent, ' ') + "// ";
  llvm::SmallVector<StringRef> lines;
  text.split(lines, '\n');
  for (StringRef line : lines)
    printBroken(out, commentText(line.rtrim()), prefix, prefix,
                [](StringRef, size_t) { return StringRef::npos; });
}

void alexc::printStatement(llvm::raw_ostream &out, StringRef text, unsigned indent) {
  printBroken(out, text, std::string(indent, ' '), std::string(indent + 4, ' '), findBreak);
}

void alexc::printStringLiteral(llvm::raw_ostream &out, StringRef text, unsigned indent) {
  size_t width = 0;
  out << '"';
  for (unsigned char c : text) {
    if (width >= columns - 10 - indent) {
      out << "\"\n" << std::string(indent, ' ') << '"';
      width = 0;
    }
    std::string piece(1, static_cast<char>(c));
    if (c == '"' || c == '\\' || c == '?') // a question mark may begin a trigraph
      piece.insert(0, "\\");
    else if (!llvm::isPrint(static_cast<char>(c)))
      piece = "\\" + std::string{char('0' + c / 64), char('0' + c / 8 % 8), char('0' + c % 8)};
    out << piece;
    width += piece.size();
  }
  out << '"';
}

std::string alexc::floatLiteral(float value) {
  if (std::isnan(value))
    return "NAN";
  if (std::isinf(value))
    return value < 0 ? "-INFINITY" : "INFINITY";
  char text[64];
  std::string result(text, std::to_chars(text, text + sizeof(text), value).ptr);
  if (result.find_first_of(".e") == std::string::npos)
    result += '.';
  return result + "f";
}
