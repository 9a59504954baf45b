// What the terminal can show.
#pragma once

namespace berth {

bool terminal_knows_unicode();

}  // namespace berth
