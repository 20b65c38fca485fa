# lasertwin: build, test and install. `make help` lists the targets.
PREFIX  ?= /usr/local
CC       = gcc
BUILD   ?= build
OPT     ?= -O2 -g
SANITISE ?=

VERSION  := 0.1.0
# make V=1 shows whole commands
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Walloca -Wstrict-prototypes -Wmissing-prototypes -Werror
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE
# glibc's checked calls need optimisation and get in the way of the sanitisers.
FORTIFY  := $(if $(SANITISE),,-D_FORTIFY_SOURCE=2)
CPPFLAGS += -I. -include physics/base/banned.h -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE \
            -DLASERTWIN_VERSION='"$(VERSION)"' -DLASERTWIN_DATADIR='"$(PREFIX)/share/lasertwin"'
CPPFLAGS += $(FORTIFY)
CFLAGS   += -std=c11 $(OPT) $(WARN) $(HARDEN) -fno-math-errno -pthread $(SANITISE)
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack -pthread $(SANITISE)
PKGS     := gsl ncursesw sqlite3 libcjson libsodium libutf8proc pangocairo cairo-pdf libcurl libcrypto
# Asked once, when first needed: before that the packages may not be installed yet. Feature macros are ours alone; a
# package that brings its own would redefine them.
PKGFLAGS  = $(eval PKGFLAGS := $(filter-out -D_XOPEN_SOURCE=% -D_DEFAULT_SOURCE,$(shell pkg-config --cflags $(PKGS))))$(PKGFLAGS)
LDLIBS    = $(eval LDLIBS := $(shell pkg-config --libs $(PKGS)) -lm)$(LDLIBS)

SRC      := $(sort $(wildcard physics/*.c physics/*/*.c devices/*.c planner/*.c planner/*/*.c ui/*.c ui/*/*.c))
GEN      := $(BUILD)/gen/tissue_tables.c
# of the program alone: it replaces the C library's free, and tests bring their own checkers of that
MAIN     := ui/main.c ui/wiping.c
LIBOBJ   := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(MAIN),$(SRC))) $(GEN:.c=.o)
LIB      := $(BUILD)/liblasertwin.a
SUPPORT  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c) tests/security/payloads.c)
# For programs that are no tests: of an archive only what is asked for is linked, so nothing that fails by cmocka.
SUPPORTLIB := $(BUILD)/libsupport.a
TESTSRC  := $(sort $(wildcard tests/physics/test_*.c tests/devices/test_*.c tests/planner/test_*.c tests/ui/test_*.c tests/validation/test_*.c \
            tests/security/test_*.c))
TESTS    := $(patsubst %.c,$(BUILD)/%,$(TESTSRC))
SCRIPTS  := $(filter-out %/lib.sh,$(sort $(wildcard tests/tui/*.sh tests/sync/*.sh tests/security/*.sh))) \
            $(if $(SANITISE),,$(sort $(wildcard tests/package/*.sh)))
PICTURES := $(BUILD)/tests/pictures/pictures
BENCHES  := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/bench/bench_*.c)))
TABLES   := $(sort $(wildcard profiles/tissue/*.csv))

.PHONY: all run test check lint bench validate asan clang build-all tsan arm64 valgrind torture walk pictures fuzz fuzz-run sync-torture \
        sync-bench install uninstall deb deb-check sbom clean deps help
.SECONDARY:
.DELETE_ON_ERROR:

all: lasertwin

lasertwin: $(BUILD)/lasertwin
	@cp -f $< $@

help:
	@echo "run       install what is missing, build, open the planner on the demo clinic"
	@echo "test      install what is missing, build, lint, run every test"
	@echo "check     run the tests without installing anything"
	@echo "lint      include direction, sizes, banned calls, formatting of the tree"
	@echo "bench     speed table (and $(BUILD)/bench.json)"
	@echo "validate  published results against the models"
	@echo "sync-torture sync-bench   10 000 histories and 200 kills; speed against a real server"
	@echo "clang     build everything with clang"
	@echo "asan tsan valgrind   the tests under a checker"
	@echo "arm64     the photon loop for 64-bit ARM, emulated, against this machine's"
	@echo "torture   power cuts, damage, tampering, kills in full (hours; TORTURE=100 a hundredth of it)"
	@echo "pictures  draws the README's pictures anew"
	@echo "walk      random keys over all screens in full (minutes)"
	@echo "fuzz      coverage-guided fuzzing of the parsers, FUZZ_S=$(FUZZ_S) seconds each (clang)"
	@echo "install uninstall    PREFIX=$(PREFIX), DESTDIR honoured"
	@echo "deb       Debian package in $(BUILD); deb-check installs it in a clean root"
	@echo "sbom      what the program is linked with (CycloneDX, $(BUILD)/sbom.json)"

deps:
	@sh .ci/install

run: deps
	@$(MAKE) --no-print-directory lasertwin
	@./lasertwin demo

test:
	@sh .ci/install --test
	@$(MAKE) --no-print-directory lint lasertwin check

check: $(BUILD)/lasertwin $(TESTS) $(PICTURES)
	@LASERTWIN=$(BUILD)/lasertwin sh tests/run.sh $(TESTS) $(SCRIPTS)

lint:
	@sh tests/lint/lint.sh

bench: lasertwin $(BENCHES)
	@sh tests/bench/run.sh $(BUILD)/bench.json $(BENCHES)

sync-torture: $(BUILD)/lasertwin $(BUILD)/tests/planner/test_sync_histories $(BUILD)/tests/planner/test_sync_engine
	@LASERTWIN_HISTORIES=10000 $(BUILD)/tests/planner/test_sync_histories
	@$(BUILD)/tests/planner/test_sync_engine
	@LASERTWIN=$(BUILD)/lasertwin LASERTWIN_KILLS=200 sh tests/sync/servers.sh

sync-bench: $(BUILD)/tests/bench/bench_sync
	@SYNC_BENCH=$< sh tests/bench/run.sh $(BUILD)/bench-sync.json tests/bench/sync.sh

validate: $(filter $(BUILD)/tests/validation/%,$(TESTS))
	@for t in $^; do LASERTWIN_VALIDATE=1 $$t 2>/dev/null || exit 1; done

# Without gpm: for TERM=linux curses loads its library, which unloads with ten bytes of its own still allocated.
asan:
	@NCURSES_GPM_TERMS= ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS=suppressions=tests/support/lsan.supp:print_suppressions=0 $(MAKE) --no-print-directory check BUILD=$(BUILD)/asan OPT="-O1 -g" \
		SANITISE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"

clang:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang build-all

build-all: $(BUILD)/lasertwin $(TESTS) $(BENCHES)

# Long campaigns; `make test` runs the same programs in a short form. TORTURE=N: a tenth, a hundredth ... of it.
# LASERTWIN_SEED=N: others of the same.
TORTURE ?= 1
torture: $(BUILD)/lasertwin $(TESTS)
	LASERTWIN_CUTS=$$((20000 / $(TORTURE))) $(BUILD)/tests/planner/test_store_powercut
	LASERTWIN_DAMAGES=$$((100000 / $(TORTURE))) $(BUILD)/tests/planner/test_store_sealed
	LASERTWIN_TAMPERINGS=$$((10000 / $(TORTURE))) $(BUILD)/tests/planner/test_store_audit
	LASERTWIN_LONG=1 $(BUILD)/tests/planner/test_approval
	LASERTWIN_MEMORY_STRIDE=$(TORTURE) $(BUILD)/tests/planner/test_store_memory
	LASERTWIN_IO_STRIDE=$(TORTURE) $(BUILD)/tests/planner/test_store_io
	LASERTWIN=$(BUILD)/lasertwin sh tests/torture/kill.sh $$((1000 / $(TORTURE)))

# The pictures of the README, drawn anew by the screens themselves.
pictures: $(PICTURES)
	@sh tests/pictures/update.sh $< README.md

walk: $(BUILD)/tests/ui/test_walk
	LASERTWIN_WALK_KEYS=120000 $<

# Coverage-guided (libFuzzer); what it finds interesting stays in tests/fuzz/corpus.
FUZZ_S   ?= 60
FUZZERS  := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_case   := profiles/demo tests/validation/cases
FUZZ_device := profiles/devices
FUZZ_import := profiles/mappings tests/validation/import
FUZZ_mci    := tests/validation/mci
FUZZ_rules  := profiles/safety profiles/protocols
FUZZ_simulate := tests/validation/simulations tests/validation/radiofrequency
# The kept inputs go through their parsers with every test run, all targets in one program.
$(BUILD)/tests/security/test_corpus: $(FUZZERS:%=$(BUILD)/tests/fuzz/as_%.o)
$(BUILD)/tests/fuzz/as_%.o: tests/fuzz/fuzz_%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(PKGFLAGS) $(CFLAGS) -DLLVMFuzzerTestOneInput=fuzz_$* -MMD -MP -c -o $@ $<
fuzz:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang OPT="-O1 -g" \
		SANITISE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-psabi" fuzz-run
fuzz-run: $(LIB) $(SUPPORTLIB) $(FUZZERS:%=$(BUILD)/tests/fuzz/fuzz_%.o)
	@for f in $(FUZZERS); do \
		$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $(BUILD)/fuzz_$$f $(BUILD)/tests/fuzz/fuzz_$$f.o $(SUPPORTLIB) $(LIB) $(LDLIBS) || exit 1; \
	done
	$(foreach f,$(FUZZERS),$(BUILD)/fuzz_$(f) -max_total_time=$(FUZZ_S) -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
		-print_final_stats=1 tests/fuzz/corpus/$(f) $(FUZZ_$(f)) 2>&1 | tail -12 &&) true

tsan:
	@TSAN_OPTIONS=suppressions=tests/support/tsan.supp $(MAKE) --no-print-directory check BUILD=$(BUILD)/tsan OPT="-O1 -g" SANITISE="-fsanitize=thread"

# The photon loop for 64-bit ARM, emulated (Debian: gcc-aarch64-linux-gnu, qemu-user-static): the same bits as here.
CROSS    := tests/cross/mc_digest.c $(wildcard physics/montecarlo*.c) physics/light.c physics/base/rng.c physics/base/status.c
arm64:
	@mkdir -p $(BUILD)/cross
	$(CC) $(CPPFLAGS) -std=c11 -O2 $(WARN) -fno-math-errno -o $(BUILD)/cross/here $(CROSS) -lm
	aarch64-linux-gnu-gcc $(CPPFLAGS) -std=c11 -O2 $(WARN) -fno-math-errno -static -o $(BUILD)/cross/arm64 $(CROSS) -lm
	$(BUILD)/cross/here >$(BUILD)/cross/here.txt
	qemu-aarch64-static $(BUILD)/cross/arm64 >$(BUILD)/cross/arm64.txt
	cmp $(BUILD)/cross/here.txt $(BUILD)/cross/arm64.txt && cat $(BUILD)/cross/here.txt

valgrind: lasertwin $(TESTS)
	@sh tests/run.sh --valgrind $(TESTS)

install: lasertwin
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/lasertwin
	install -m 755 lasertwin $(DESTDIR)$(PREFIX)/bin/lasertwin
	cp -R profiles $(DESTDIR)$(PREFIX)/share/lasertwin/
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	./lasertwin manual >$(DESTDIR)$(PREFIX)/share/man/man1/lasertwin.1
	./lasertwin completion >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lasertwin

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/lasertwin $(DESTDIR)$(PREFIX)/share/man/man1/lasertwin.1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lasertwin
	rm -rf $(DESTDIR)$(PREFIX)/share/lasertwin

deb:
	@sh .ci/deb $(VERSION) $(BUILD)

deb-check: deb
	@sh .ci/deb-check $(BUILD)/lasertwin_$(VERSION)_*.deb $(BUILD)

sbom: lasertwin
	@sh .ci/sbom $(VERSION) lasertwin >$(BUILD)/sbom.json
	@echo "$(BUILD)/sbom.json"

clean:
	rm -rf build lasertwin

$(LIB): $(LIBOBJ)
	$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/lasertwin: $(MAIN:%.c=$(BUILD)/%.o) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(TESTS): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) -lcmocka $(LDLIBS)

$(SUPPORTLIB): $(SUPPORT)
	$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BENCHES) $(PICTURES): $(BUILD)/%: $(BUILD)/%.o $(SUPPORTLIB) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

# Published spectra are data (profiles/tissue); they are compiled in so that the physics does no input.
$(GEN): physics/tables.awk $(TABLES)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)awk -f physics/tables.awk $(TABLES) > $@

# OpenSSL's headers do not pass under banned.h; this file includes it after them.
$(BUILD)/planner/sync/token.o: CPPFLAGS := $(filter-out -include physics/base/banned.h,$(CPPFLAGS))

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(PKGFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(GEN:.c=.o): $(GEN)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD) -name '*.d' -not -path '$(BUILD)/asan/*' -not -path '$(BUILD)/tsan/*' -not -path '$(BUILD)/clang/*' 2>/dev/null)
