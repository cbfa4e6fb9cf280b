/* Reads a monthly public-health data sharing file into the data set PHDS and changes no value.

   Write the path of the file into the next line, and run it, in a session whose encoding is UTF-8: another one would change
   letters with accents. Ids and codes are text: ZIP code 00501 stays 00501, CVX code 03 stays 03. Lengths are in bytes, and
   the same every month. A text that is longer would be cut; the registry is warned of such when it makes the file. */

%let phds_file = @FILE@;

data phds;
  infile "&phds_file"
    dlm=","           /* what stands between two values */
    dsd               /* two commas in a row are a blank; quotes around a value are taken off, doubled ones inside become one */
    firstobs=2        /* the first line holds the names */
    encoding="utf-8"  /* the file's, whatever the session's is */
    termstr=@TERMSTR@/* how lines end */
    lrecl=1048576     /* lines may be longer than the 32,767 bytes that SAS allows by default */
    truncover         /* a line that ends early gives blanks, and does not go on in the next one */
  ;
  /* First, so that variables stand in the order of the columns. Numbers take 8 bytes; texts are cut at these lengths. */
  length
@LENGTHS@
  ;
  /* Reads 2024-07-08, and shows it so. */
  informat @DATES@ yymmdd10.;
  format @DATES@ yymmdd10.;
  label
@LABELS@
  ;
  /* The colon: up to the next comma, however long. $CHAR: a text as it is, where $ would take a lone period for a blank. */
  input
@INPUT@
  ;
run;

proc contents data=phds varnum;
run;
