// What the classifier and the link of a sketch share.
#ifndef SN_SKETCH_CONFIG_H
#define SN_SKETCH_CONFIG_H

#include "sn_classifier.h"

// The generated constants, and the memory that only one of the two may use at a time.
extern const sn_classifier_config sn_sketch_config;

#endif
