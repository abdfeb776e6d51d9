// Of the C library, what the sketches use, for compilers that come without one.
#ifndef STRING_H
#define STRING_H

#ifdef __cplusplus
extern "C" {
#endif

int strcmp(const char *left, const char *right);

#ifdef __cplusplus
}
#endif

#endif
