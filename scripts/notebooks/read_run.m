% Reads a run in Octave: prints what a year may cost and draws the loss exceedance curve.
%
%     octave-cli scripts/notebooks/read_run.m build/midsize-manufacturer.h5 curve.svg
%
% Needs Octave's netcdf package and gnuplot (Debian: octave octave-netcdf gnuplot-nox
% fonts-freefont-otf), nothing of lossmill: a run is a netCDF-4 file, too. Octave's own
% load("-hdf5", ...) refuses groups that hold UTF-8 text, which is nearly all of them. Neither reads
% arrays of text: the names come from h5dump (Debian: hdf5-tools).
% Octave counts the dimensions of an array the other way round: what the file calls row x quantile is
% quantile x row here. In /summary and /exceedance the portfolio is the first row.
1;
pkg load netcdf

function names = texts(run, path)
  [status, output] = system(sprintf("h5dump -y -w 0 -A 0 -d '%s' '%s'", path, run));
  if status != 0
    error("h5dump cannot read %s", path);
  end
  names = regexp(output, '"((?:[^"\\]|\\.)*)"', "tokens");
  names = cellfun(@(token) token{1}, names, "UniformOutput", false);
  names = names(3:end); % the first two are the file's and the array's own
end

function value = attribute(run, name)
  value = strtrim(strrep(ncreadatt(run, "/", name), char(0), "")); % text ends with a zero byte
end

run = "build/midsize-manufacturer.h5";
picture = "curve.svg";
arguments = argv();
if numel(arguments) >= 1, run = arguments{1}; end
if numel(arguments) >= 2, picture = arguments{2}; end
currency = attribute(run, "currency");

% The annual loss table: one loss for each simulated year.
loss = ncread(run, "/portfolio/annual_loss");
years = numel(loss);
ascending = sort(loss);
level = ncread(run, "/summary/quantile");
value_at_risk = ascending(ceil(round(level * years * 1e6) / 1e6));
tail_value_at_risk = arrayfun(@(p) mean(ascending(end - round((1 - p) * years) + 1:end)), level);

% What is computed from the years is what the file says of them.
close_to = @(a, b, tolerance) all(abs(a - b) <= tolerance * abs(b));
assert(years == ncreadatt(run, "/", "years"));
assert(close_to(mean(loss), ncread(run, "/summary/aal")(1), 1e-12));
assert(value_at_risk, ncread(run, "/summary/var")(:, 1));
assert(close_to(tail_value_at_risk, ncread(run, "/summary/tvar")(:, 1), 1e-9));

printf("%s: %d years, as of %s\n", attribute(run, "title"), years, attribute(run, "as_of"));
printf("AAL       %14.2f %s, standard error %.2f\n", mean(loss), currency, std(loss) / sqrt(years));
for i = find(level >= 0.9)'
  printf("%5.1f %%   VaR %14.2f   TVaR %14.2f\n", 100 * level(i), value_at_risk(i), tail_value_at_risk(i));
end

% A table of the file is a group of columns of equal length.
ids = texts(run, "/scenario/scenario_id");
aal = ncread(run, "/scenario/aal");
assert(numel(ids), numel(aal));
[~, order] = sort(aal, "descend");
printf("\nThe largest scenarios by AAL\n");
for s = order(1:min(5, end))'
  printf("%-30s %12.0f\n", ids{s}, aal(s));
end

% The curve: every simulated year is a point of it; the file gives limits at its return periods.
period = ncread(run, "/exceedance/return_period");
aep = ncread(run, "/exceedance/aep")(:, 1);
lower = ncread(run, "/exceedance/aep_lower")(:, 1);
upper = ncread(run, "/exceedance/aep_upper")(:, 1);
assert(aep, ascending(ceil(round((1 - 1 ./ period) * years * 1e6) / 1e6)));

warning("off", "Octave:gnuplot-graphics"); % gnuplot is what draws without a screen
warning("off", "print:nogs");              % SVG needs no Ghostscript
graphics_toolkit("gnuplot");
sheet = figure("visible", "off");
every = logspace(log10(2), log10(max(period)), 300)';
blue = [0 0.447 0.698];
fill([period; flipud(period)], [lower; flipud(upper)] / 1e6, [0.76 0.86 0.93], "edgecolor", "none");
hold on
plot(every, ascending(ceil(years * (1 - 1 ./ every))) / 1e6, "color", blue, "linewidth", 1.5);
plot(period, aep / 1e6, "o", "color", blue, "markerfacecolor", blue, "markersize", 4);
hold off
labels = arrayfun(@(t) sprintf("%d", t), period, "UniformOutput", false);
labels([false; diff(log(period)) < 0.4]) = {""}; % 250 would run into 200
set(gca, "xscale", "log", "xlim", [min(period) max(period)], "ylim", [0 1.05 * max(upper) / 1e6], "box", "off", ...
    "xtick", period, "xticklabel", labels, "xminortick", "off");
xlabel("return period, years");
ylabel(["loss that the year exceeds, million " currency]);
title("Loss exceedance curve (AEP), 95 % range");
print(sheet, picture, "-dsvg", "-S700,450");
