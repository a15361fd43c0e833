"""Course: a patient's treatments, laboratory values, lesions, response and samples on one axis of days.

recist    sum of diameters, change, response category (RECIST 1.1)
indices   simple host indices from laboratory values of one day
table     all of it in one long table
pictures  the table as one Altair chart
"""
