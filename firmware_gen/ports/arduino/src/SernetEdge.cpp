#include "SernetEdge.h"

SernetEdgeClass SernetEdge;
