/* Reads a monthly public-health data sharing file into the data set PHDS and changes no value.

   Write the path of the file into the next line, and run it, in a session whose encoding is UTF-8: another one would change
   letters with accents. Ids and codes are text: ZIP code 00501 stays 00501, CVX code 03 stays 03. Lengths are in bytes, and
   the same every month. A text that is longer would be cut; the registry is warned of such when it makes the file. */

%let phds_file = @FILE@;

data phds;
  infile "&phds_file" dsd dlm="," firstobs=2 encoding="utf-8" termstr=@TERMSTR@ lrecl=1048576 truncover;
  length
@LENGTHS@
  ;
  informat @DATES@ yymmdd10.;
  format @DATES@ yymmdd10.;
  label
@LABELS@
  ;
  input
@INPUT@
  ;
run;

proc contents data=phds varnum;
run;
