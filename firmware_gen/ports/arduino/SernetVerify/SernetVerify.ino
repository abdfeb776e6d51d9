// Answers `sernet-edge verify` over the USB plug.
#include <SernetEdge.h>

void setup() {
    SernetEdge.beginLink();
}

void loop() {
    SernetEdge.serveLink();
}
