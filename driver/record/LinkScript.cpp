//===- driver/record/LinkScript.cpp - The inputs that linker scripts name
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/LinkScript.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace speciate {

namespace {

/// What the text of a script is made of: space (with comments), single
/// characters of punctuation, and words.
class Splitter {
public:
  explicit Splitter(ScriptReader Read) : Read(Read) {}
  Error text(StringRef Text, unsigned Depth);
  LinkScript take() { return std::move(Script); }

private:
  StringRef next(StringRef &Text) const;
  Expected<std::vector<StringRef>> list(StringRef &Text,
                                        StringRef Command) const;
  void inputs(ArrayRef<StringRef> Tokens);

  ScriptReader Read;
  LinkScript Script;
  unsigned Braces = 0, Parentheses = 0;
};

} // namespace

static bool isSpace(StringRef Token) {
  return llvm::isSpace(Token[0]) || Token.starts_with("/*");
}

static StringRef unquoted(StringRef Token) {
  if (Token.size() > 1 && Token.starts_with("\""))
    return Token.drop_front().drop_back();
  return Token;
}

/// Takes the token at the front of \p Text, which is not empty.
StringRef Splitter::next(StringRef &Text) const {
  size_t Size = 1;
  if (Text.starts_with("/*")) {
    size_t End = Text.find("*/", 2);
    Size = End == StringRef::npos ? Text.size() : End + 2;
  } else if (Text[0] == '"') {
    size_t End = Text.find('"', 1);
    Size = End == StringRef::npos ? Text.size() : End + 1;
  } else if (llvm::isSpace(Text[0])) {
    Size = Text.size() - Text.ltrim().size();
  } else if (!StringRef("(){};,").contains(Text[0])) {
    // GNU ld takes a comma without a space before it for a part of the name.
    while (Size < Text.size() && !llvm::isSpace(Text[Size]) &&
           !StringRef("(){};\"").contains(Text[Size]) &&
           !Text.substr(Size).starts_with("/*"))
      ++Size;
  }
  StringRef Token = Text.take_front(Size);
  Text = Text.drop_front(Size);
  return Token;
}

/// The tokens in the parentheses at the front of \p Text, which are taken.
Expected<std::vector<StringRef>> Splitter::list(StringRef &Text,
                                                StringRef Command) const {
  std::vector<StringRef> Tokens;
  unsigned Open = 0;
  while (!Text.empty()) {
    StringRef Token = next(Text);
    if (isSpace(Token))
      continue;
    if (Open == 0 && Token != "(")
      break;
    if (Token == "(" && Open++ == 0)
      continue;
    if (Token == ")" && --Open == 0)
      return Tokens;
    Tokens.push_back(Token);
  }
  return createStringError("the linker script's %s is not closed",
                           Command.str().c_str());
}

void Splitter::inputs(ArrayRef<StringRef> Tokens) {
  bool AsNeeded = false;
  for (StringRef Token : Tokens) {
    if (Token == "AS_NEEDED")
      AsNeeded = true;
    else if (Token == ")")
      AsNeeded = false;
    else if (Token != "(" && Token != ",")
      Script.Inputs.push_back({unquoted(Token).str(), AsNeeded});
  }
}

Error Splitter::text(StringRef Text, unsigned Depth) {
  if (Depth > 16)
    return createStringError("too many linker scripts include each other");
  while (!Text.empty()) {
    StringRef Token = next(Text);
    bool Top = Braces == 0 && Parentheses == 0;
    if (Token == "INCLUDE") {
      StringRef Name;
      while (!Text.empty() && Name.empty())
        if (StringRef Next = next(Text); !isSpace(Next))
          Name = unquoted(Next);
      Expected<std::string> Included = Read(Name);
      if (!Included)
        return Included.takeError();
      if (Error E = text(*Included, Depth + 1))
        return E;
    } else if (Top && (Token == "INPUT" || Token == "GROUP")) {
      Expected<std::vector<StringRef>> Tokens = list(Text, Token);
      if (!Tokens)
        return Tokens.takeError();
      inputs(*Tokens);
    } else if (Top && (Token == "OUTPUT_FORMAT" || Token == "OUTPUT_ARCH" ||
                       Token == "TARGET" || Token == "SEARCH_DIR" ||
                       Token == "OUTPUT")) {
      StringRef Before = Text;
      Expected<std::vector<StringRef>> Tokens = list(Text, Token);
      if (!Tokens)
        return Tokens.takeError();
      if (Token == "SEARCH_DIR" && !Tokens->empty())
        Script.Folders.push_back(unquoted(Tokens->front()).str());
      else if (Token != "OUTPUT") // -o says it.
        Script.Rest += (Token + Before.drop_back(Text.size())).str();
    } else {
      Braces += Token == "{";
      Braces -= Token == "}" && Braces > 0;
      Parentheses += Token == "(";
      Parentheses -= Token == ")" && Parentheses > 0;
      Script.HasRest |= !isSpace(Token) && Token != ";";
      Script.Rest += Token;
    }
  }
  return Error::success();
}

Expected<LinkScript> splitScript(StringRef Text, ScriptReader Read) {
  Splitter S(Read);
  if (Error E = S.text(Text, 0))
    return std::move(E);
  return S.take();
}

} // namespace speciate
