"""The Makefile of a project: the same commands as our own run, for people without Python."""

from collections.abc import Sequence

from sernet_gen.flags import Flags

_HOST = """\
# Generated: builds the firmware without Python.
# Another compiler of the same family:  make CC=...
CC = {compiler}
{variables}
all: {image}

{rules}
clean:
\trm -rf obj {image}

.PHONY: all clean
"""

_BARE = """\
# Generated: builds the firmware without Python.
# Another compiler of the same family:  make CC=... OBJCOPY=...
CC = {compiler}
OBJCOPY = {objcopy}
{variables}
all: firmware.bin

firmware.bin: {image}
\t$(OBJCOPY) -O binary $< $@

{rules}
clean:
\trm -rf obj {image} firmware.bin

.PHONY: all clean
"""

_VARIABLES = """\
CFLAGS = {compile}
LDFLAGS = {link}
LDLIBS = {libraries}

SOURCES = \\
{sources}
OBJECTS = $(SOURCES:%.c=obj/%.o)
"""

_RULES = """\
{image}: $(OBJECTS)
\t$(CC) $(LDFLAGS) $(OBJECTS) -o $@ $(LDLIBS)

obj/%.o: %.c
\t@mkdir -p $(@D)
\t$(CC) $(CFLAGS) -c $< -o $@
"""


def render_makefile(compiler: str, image: str, sources: Sequence[str], flags: Flags) -> str:
    """Return a Makefile that builds `image` from `sources` with `compiler` and `flags`."""
    variables = _VARIABLES.format(
        compile=" ".join(flags.compile),
        link=" ".join(flags.link),
        libraries=" ".join(flags.libraries),
        sources=" \\\n".join(f"    {source}" for source in sources),
    )
    template = _BARE if image.endswith(".elf") else _HOST
    text = template.format(
        compiler=compiler,
        objcopy="zig objcopy" if compiler == "zig cc" else "arm-none-eabi-objcopy",
        variables=variables,
        image=image,
        rules=_RULES.format(image=image),
    )
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
