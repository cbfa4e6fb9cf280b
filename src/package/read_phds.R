# Reads a monthly public-health data sharing file and changes no value.
#
# On the command line, in the folder of the file:
#
#     Rscript read_phds.R                  # the file in this folder
#     Rscript read_phds.R FILE.csv         # another one
#
# says how many rows, clients and doses it has. In R:
#
#     source("read_phds.R")
#     shots <- read_phds()                 # or read_phds("FILE.csv")
#
# Ids and codes are text: ZIP code 00501 stays 00501, CVX code 03 stays 03, and somebody who is called NA stays NA. A blank
# text is an empty one. Dates become dates, numbers become integers; a blank one is NA.
#
# Uses readr where it is installed, which is faster, and else what R has itself.

# The columns, in their order.
phds_columns <- c(
@COLUMNS@
)
phds_dates <- c(@DATES@)
phds_whole_numbers <- c(@WHOLE_NUMBERS@)
phds_client_id <- @CLIENT_ID@
phds_dose_id <- @DOSE_ID@

# The one data sharing file in this folder.
find_phds_file <- function() {
  files <- list.files(pattern = "^PHDS_.*\\.csv$")
  files <- files[!grepl("_excel\\.csv$", files)]
  if (length(files) != 1) {
    stop(length(files), " files PHDS_*.csv in ", getwd(), ": name the one to read", call. = FALSE)
  }
  files
}

# The file as a data frame.
read_phds <- function(file = find_phds_file(), use_readr = requireNamespace("readr", quietly = TRUE)) {
  # No text is taken for a missing value: na and na.strings are empty.
  if (use_readr) {
    shots <- as.data.frame(readr::read_csv(
      file, col_types = readr::cols(.default = readr::col_character()), na = character(), trim_ws = FALSE,
      locale = readr::locale(encoding = "UTF-8"), name_repair = "minimal", skip_empty_rows = FALSE,
      progress = FALSE, lazy = FALSE))
  } else {
    shots <- utils::read.csv(
      file, colClasses = "character", na.strings = character(), encoding = "UTF-8", check.names = FALSE,
      strip.white = FALSE, comment.char = "", quote = "\"", fill = FALSE, blank.lines.skip = FALSE)
  }
  # With a byte order mark or without.
  names(shots) <- sub("^\ufeff|^\u00ef\u00bb\u00bf", "", enc2utf8(names(shots)))
  if (!identical(names(shots), enc2utf8(phds_columns))) {
    stop(file, ": its columns are not those that this script came with", call. = FALSE)
  }
  for (name in phds_dates) {
    shots[[name]] <- as.Date(shots[[name]], format = "%Y-%m-%d")
  }
  for (name in phds_whole_numbers) {
    shots[[name]] <- as.integer(ifelse(shots[[name]] == "", NA, shots[[name]]))
  }
  shots
}

# When this is run, and not sourced:
if (sys.nframe() == 0 && !interactive()) {
  arguments <- commandArgs(trailingOnly = TRUE)
  file <- if (length(arguments) > 0) arguments[1] else find_phds_file()
  shots <- read_phds(file)
  count <- function(name) length(unique(shots[[name]]))
  cat(sprintf("%s: %d rows, %d clients, %d doses\n", file, nrow(shots), count(phds_client_id), count(phds_dose_id)))
}
