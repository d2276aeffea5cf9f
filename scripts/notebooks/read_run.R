# Reads a run in R: prints what a year may cost and draws the loss exceedance curve.
#
#     Rscript scripts/notebooks/read_run.R build/midsize-manufacturer.h5 curve.svg
#
# Needs hdf5r (Debian: r-cran-hdf5r), nothing of lossmill. R counts the dimensions of an array the other
# way round: what the file calls row x quantile is quantile x row here.
library(hdf5r)

arguments <- commandArgs(trailingOnly = TRUE)
run <- if (length(arguments) >= 1) arguments[1] else "build/midsize-manufacturer.h5"
picture <- if (length(arguments) >= 2) arguments[2] else "curve.svg"

file <- H5File$new(run, mode = "r")
read <- function(path) file[[path]]$read()
currency <- h5attr(file, "currency")

# A table of the file is a group of columns of equal length: a data frame.
scenarios <- data.frame(id = read("scenario/scenario_id"), events_per_year = read("scenario/event_rate"),
                        aal = read("scenario/aal"), error = read("scenario/aal_error"))

# The annual loss table: one loss for each simulated year.
loss <- read("portfolio/annual_loss")
years <- length(loss)
level <- read("summary/quantile")
value_at_risk <- sort(loss)[ceiling(round(level * years, 6))]
tail_value_at_risk <- sapply(level, function(p) mean(tail(sort(loss), round((1 - p) * years))))

# What is computed from the years is what the file says of them; the portfolio is the first row.
row <- which(read("summary/row") == "portfolio")
stopifnot(years == h5attr(file, "years"), row == 1,
          all.equal(mean(loss), read("summary/aal")[row], tolerance = 1e-12),
          identical(value_at_risk, read("summary/var")[, row]),
          all.equal(tail_value_at_risk, read("summary/tvar")[, row], tolerance = 1e-9))

cat(sprintf("%s: %s years, as of %s\n", h5attr(file, "title"), format(years, big.mark = ","), h5attr(file, "as_of")))
cat(sprintf("AAL       %14.2f %s, standard error %.2f\n", mean(loss), currency, sd(loss) / sqrt(years)))
for (i in which(level >= 0.9))
    cat(sprintf("%5.1f %%   VaR %14.2f   TVaR %14.2f\n", 100 * level[i], value_at_risk[i], tail_value_at_risk[i]))
cat("\nThe largest scenarios by AAL\n")
print(head(scenarios[order(-scenarios$aal), ], 5), row.names = FALSE, digits = 3)

# The curve: every simulated year is a point of it; the file gives limits at its return periods.
period <- read("exceedance/return_period")
limits <- sapply(c("aep_lower", "aep", "aep_upper"), function(name) read(paste0("exceedance/", name))[, row])
stopifnot(identical(limits[, "aep"], sort(loss)[ceiling(round((1 - 1 / period) * years, 6))]))

svg(picture, width = 7, height = 4.5)
par(mar = c(4, 4.5, 2.5, 1), las = 1)
every <- exp(seq(log(2), log(max(period)), length.out = 300))
plot(every, sort(loss)[ceiling((1 - 1 / every) * years)] / 1e6, type = "l", log = "x", col = "#0072B2", lwd = 2,
     ylim = c(0, 1.05 * max(limits) / 1e6), bty = "l", xaxt = "n",
     xlab = "return period, years", ylab = paste("loss that the year exceeds, million", currency),
     main = "Loss exceedance curve (AEP), 95 % range")
labels <- format(period, big.mark = ",", trim = TRUE)
labels[c(FALSE, diff(log(period)) < 0.4)] <- "" # 250 would run into 200
axis(1, at = period, labels = labels, gap.axis = 0)
polygon(c(period, rev(period)), c(limits[, "aep_lower"], rev(limits[, "aep_upper"])) / 1e6, col = "#0072B238", border = NA)
points(period, limits[, "aep"] / 1e6, pch = 19, col = "#0072B2")
invisible(dev.off())
